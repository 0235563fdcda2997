import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface InvitationView {
  readonly csrf: string
  readonly token: string
  readonly organization: string
  readonly name: string
  readonly email: string
  /** The person has an account already and proves it with its password. */
  readonly hasPassword: boolean
  readonly minLength: number
  readonly raisedBy?: string | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

export function invitationPage(view: InvitationView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, token, organization, name, email, hasPassword, minLength, raisedBy } = view
  const problem = view.problem && pages.explain({ minLength, raisedBy, ...view.problem }, { isEmailFixed: true })
  const title = pages.invitation.title(organization)
  const content = html`<h1>${title}</h1>
${lead(hasPassword ? pages.invitation.leadKnown(name) : pages.invitation.lead(name), problem, problem?.field === undefined)}
<form method="post" action="/invitation">${csrfField(csrf)}<input type="hidden" name="token" value="${token}">
${field({ id: 'email', name: false, label: pages.fields.email, type: 'email', autocomplete: 'username', value: email, isReadonly: true }, words)}
${field(
  {
    id: 'password',
    label: pages.fields.password,
    type: 'password',
    autocomplete: hasPassword ? 'current-password' : 'new-password',
    hint: hasPassword ? undefined : pages.passwordHint(minLength, raisedBy),
    error: problem?.field === undefined ? undefined : problem.advice,
    isFocused: true,
    longest: 1024,
  },
  words,
)}
${submit(pages.invitation.button)}
</form>
${hasPassword && html`<p class="links"><a href="/forgot-password">${pages.forgotPassword}</a></p>`}`
  return document({ title, content, words, organization, support: view.support, look: view.look, hasProblem: problem !== undefined })
}
