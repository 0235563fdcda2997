import type { PasskeyOptions } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { cancelForm, csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { passkeyForm } from '../passkey-form.ts'

export interface PasswordView {
  readonly csrf: string
  readonly email?: string | undefined
  /** A signed-in person confirms: the email is theirs and cannot be changed. */
  readonly fixedEmail?: boolean | undefined
  readonly problem?: PageProblem | undefined
  /** What the browser is asked, where a passkey is a whole sign-in. */
  readonly passkey?: PasskeyOptions | undefined
  readonly notice?: keyof Words['pages']['password']['notices'] | undefined
  readonly returnTo?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
  readonly organization?: string | undefined
}

export function passwordPage(view: PasswordView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, email, fixedEmail: isFixed = false, notice, returnTo, passkey } = view
  const title = isFixed ? pages.password.confirmTitle : pages.password.title
  const problem = view.problem && pages.explain(view.problem, { isEmailFixed: isFixed })
  const content = html`<h1>${title}</h1>
${notice && !problem ? html`<div class="lead"><div class="notice" role="status">${icons.tick}<p>${pages.password.notices[notice]}</p></div></div>` : lead(isFixed ? pages.password.confirmLead : pages.password.lead, problem, problem?.field === undefined)}
<form method="post" action="/sign-in">${csrfField(csrf)}${returnTo && html`<input type="hidden" name="returnTo" value="${returnTo}">`}
${field(
  {
    id: 'email',
    label: pages.fields.email,
    type: 'email',
    autocomplete: passkey && !isFixed ? 'username webauthn' : 'username',
    value: email,
    isReadonly: isFixed,
    isFocused: !isFixed && !email,
    error: problem?.field === 'email' ? problem.advice : undefined,
    longest: 320,
  },
  words,
)}
${field(
  {
    id: 'password',
    label: pages.fields.password,
    type: 'password',
    autocomplete: 'current-password',
    isFocused: isFixed || Boolean(email),
    error: problem?.field === 'password' ? problem.advice : undefined,
    longest: 1024,
  },
  words,
)}
${submit(isFixed ? pages.continue : pages.password.button)}
</form>
${
  passkey &&
  passkeyForm(
    {
      csrf,
      options: passkey,
      does: 'get',
      action: isFixed ? '/sign-in/answer' : '/sign-in/passkey',
      button: isFixed ? words.passkeys.button : words.passkeys.alone,
      isMain: false,
      fills: !isFixed,
      fields: returnTo && html`<input type="hidden" name="returnTo" value="${returnTo}">`,
    },
    words,
  )
}
<p class="links"><a href="/forgot-password">${pages.forgotPassword}</a></p>
${isFixed && cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined, hasPasskeys: passkey !== undefined })
}
