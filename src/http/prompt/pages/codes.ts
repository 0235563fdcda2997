import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, lead, progress, submit } from '../form.ts'
import { attribute, html } from '../html.ts'
import { type AskedBy, defaultWords, document, icons } from '../layout.ts'

export interface CodesView {
  readonly csrf: string
  readonly codes: readonly string[]
  readonly problem?: PageProblem | undefined
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
  readonly askedBy?: AskedBy | undefined
  readonly isSetUp?: boolean | undefined
}

export function codesPage(view: CodesView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, codes } = view
  // The tick is all that can be missing here.
  const isNotSaved = view.problem?.code === 'malformed' || view.problem?.code === 'code-not-accepted'
  const problem =
    view.problem && (isNotSaved ? { title: pages.codes.notSaved, advice: pages.codes.notSavedAdvice } : pages.explain(view.problem))
  const content = html`${view.isSetUp && progress(3, words)}<h1>${pages.codes.title}</h1>
${lead(pages.codes.lead, problem, true)}
<div class="advice" role="note">${icons.warning}<div><p class="alert-title">${pages.codes.warningTitle}</p><p>${pages.codes.warning}</p></div></div>
<ol class="codes" id="backup-codes" aria-label="${pages.codes.list}" data-text="${codes.join('\n')}">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ol>
<div class="row"><button class="button scripted" type="button" data-copy="backup-codes" data-done="${pages.copied}" data-failed="${pages.copyFailed}">${pages.copy}</button><a class="button" href="/sign-in/codes.txt" download>${pages.download}</a><button class="button scripted" type="button" data-print>${pages.print}</button></div>
<form method="post" action="/sign-in/answer">${csrfField(csrf)}
<label class="tick"><input type="checkbox" name="saved" value="true" required${attribute('aria-invalid', isNotSaved ? 'true' : undefined)}> <span>${pages.codes.saved}</span></label>
${submit(pages.continue)}
</form>`
  return document({ ...view, title: pages.codes.title, content, words, hasProblem: problem !== undefined })
}
