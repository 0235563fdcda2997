import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'

export interface EmailChangeView {
  readonly csrf: string
  readonly token: string
  /** The new address. Nothing else of the account is shown: whoever reads this may have got the mail by mistake. */
  readonly email: string
  readonly asksPassword: boolean
  readonly problem?: PageProblem | undefined
  readonly look?: PageLook | undefined
  readonly support?: string | undefined
}

/** Opening it changes nothing: programs that look into mails open every link. */
export function emailChangePage(view: EmailChangeView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, token, email, asksPassword } = view
  const problem = view.problem && pages.explain(view.problem, { isEmailFixed: true })
  const content = html`<h1>${pages.emailChange.title}</h1>
${lead(asksPassword ? pages.emailChange.leadPassword : pages.emailChange.lead, problem, problem?.field === undefined)}
<form method="post" action="/email-change">${csrfField(csrf)}<input type="hidden" name="token" value="${token}">
${field({ id: 'email', name: false, label: pages.emailChange.label, type: 'email', autocomplete: 'off', value: email, isReadonly: true }, words)}
${
  asksPassword &&
  field(
    {
      id: 'password',
      label: pages.fields.password,
      type: 'password',
      autocomplete: 'current-password',
      error: problem?.field === 'password' ? problem.advice : undefined,
      isFocused: true,
      longest: 1024,
    },
    words,
  )
}
${submit(pages.emailChange.button)}
</form>
${asksPassword && html`<p class="links"><a href="/forgot-password">${pages.forgotPassword}</a></p>`}`
  return document({ ...view, title: pages.emailChange.title, content, words, hasProblem: problem !== undefined })
}

export function emailChangeDonePage(view: Pick<EmailChangeView, 'email' | 'support' | 'look'>, words: Words = defaultWords): string {
  const { emailChange } = words.pages
  const content = html`<div class="done">${icons.tick}</div>
<h1>${emailChange.doneTitle}</h1>
<div class="lead"><p>${emailChange.done(view.email)}</p></div>
<a class="button button-main" href="/settings#profile">${emailChange.doneButton}</a>`
  return document({ ...view, title: emailChange.doneTitle, content, words })
}
