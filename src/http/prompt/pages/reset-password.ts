import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'

export interface ResetPasswordView {
  readonly csrf: string
  readonly token: string
  readonly minLength: number
  readonly raisedBy?: string | undefined
  /** Only so that a password manager knows whose password this is. */
  readonly email?: string | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

export function resetPasswordPage(view: ResetPasswordView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, token, minLength, raisedBy, email } = view
  const problem = view.problem && pages.explain({ minLength, raisedBy, ...view.problem })
  const content = html`<h1>${pages.reset.title}</h1>
${lead(pages.reset.lead, problem, problem?.field !== 'password')}
<form method="post" action="/reset-password">${csrfField(csrf)}<input type="hidden" name="token" value="${token}">
${email && field({ id: 'email', name: false, label: pages.fields.email, type: 'email', autocomplete: 'username', value: email, isReadonly: true }, words)}
${field(
  {
    id: 'password',
    label: pages.reset.label,
    type: 'password',
    autocomplete: 'new-password',
    hint: pages.passwordHint(minLength, raisedBy),
    error: problem?.field === 'password' ? problem.advice : undefined,
    isFocused: true,
    longest: 1024,
  },
  words,
)}
${submit(pages.reset.button)}
</form>`
  return document({ ...view, title: pages.reset.title, content, words, hasProblem: problem !== undefined })
}

/** A reset never signs in: the next step is the sign-in, with its second step as before. */
export function passwordResetDonePage(view: Pick<ResetPasswordView, 'support' | 'look'>, words: Words = defaultWords): string {
  const { reset } = words.pages
  const content = html`<div class="done">${icons.tick}</div>
<h1>${reset.doneTitle}</h1>
<div class="lead"><p>${reset.done}</p></div>
<a class="button button-main" href="/sign-in">${reset.doneButton}</a>`
  return document({ ...view, title: reset.doneTitle, content, words })
}
