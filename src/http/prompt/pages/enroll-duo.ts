import type { DuoView, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, lead } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'
import { otherMethods } from '../ways.ts'
import { duoForm } from './duo.ts'

export interface EnrollDuoView {
  readonly csrf: string
  /** What may be set up in its place. */
  readonly kinds: readonly string[]
  readonly duo?: DuoView | undefined
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Setting up Duo: what is needed for it, and what Duo will ask on its own pages. */
export function enrollDuoPage(view: EnrollDuoView, words: Words = defaultWords): string {
  const { enroll } = words.duo
  const { csrf, kinds } = view
  const problem = view.problem && words.pages.explain(view.problem)
  const content = html`<h1>${enroll.title}</h1>
${lead(enroll.lead, problem, true)}
${because(view.requiredBy, words)}
<ol class="steps">
<li>
<h2>${enroll.install}</h2>
<p>${enroll.installText}</p>
<p class="stores">${enroll.stores.map(
    ([name, href]) =>
      html`<a href="${href}" target="_blank" rel="noopener noreferrer"><span class="unseen">${enroll.on} </span>${name}</a>`,
  )}</p>
</li>
<li>
<h2>${enroll.go}</h2>
<p>${enroll.goText}</p>
<ul class="asks">${enroll.asks.map((one) => html`<li>${one}</li>`)}</ul>
<p>${enroll.known} ${enroll.keeps}</p>
${duoForm({ csrf, isMain: true }, words)}
</li>
</ol>
${otherMethods(csrf, kinds, 'duo', words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title: enroll.title, content, words, hasProblem: problem !== undefined })
}
