import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface EmailChangeUndoView {
  readonly csrf: string
  readonly token: string
  /** The address before the change, which is where the link was mailed to. */
  readonly email: string
  readonly problem?: PageProblem | undefined
  readonly look?: PageLook | undefined
  readonly support?: string | undefined
}

/** Opening it changes nothing: programs that look into mails open every link. */
export function emailChangeUndoPage(view: EmailChangeUndoView, words: Words = defaultWords): string {
  const { undo } = words.pages.recovery
  const { csrf, token, email } = view
  const explained = view.problem && words.pages.explain(view.problem)
  const problem = explained && view.problem?.code === 'email-in-use' ? { ...explained, advice: undo.taken } : explained
  const content = html`<h1>${undo.title}</h1>
${lead(undo.lead, problem, true)}
<form method="post" action="/email-change-undo">${csrfField(csrf)}<input type="hidden" name="token" value="${token}">
${field({ id: 'email', name: false, label: undo.label, type: 'email', autocomplete: 'off', value: email, isReadonly: true }, words)}
${submit(undo.button)}
</form>`
  return document({ ...view, title: undo.title, content, words, hasProblem: problem !== undefined })
}
