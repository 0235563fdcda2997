import type { Intent, PasskeyOptions, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, lead } from '../form.ts'
import { flag, html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { passkeyForm } from '../passkey-form.ts'
import { askAdministratorForm } from './ask-administrator.ts'

export interface AnswerPasskeyView {
  readonly csrf: string
  /** What the browser is asked; absent where no key of the person works at this host. */
  readonly passkey?: PasskeyOptions | undefined
  /** Where else there are keys. */
  readonly passkeyHosts?: readonly string[] | undefined
  readonly intent: Intent
  /** Whether anything else may be given in its place. */
  readonly hasOthers: boolean
  readonly rememberDays?: number | undefined
  readonly remember?: boolean | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly problem?: PageProblem | undefined
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** The second step of somebody with a passkey. Other ways are one link away, where the rules leave any. */
export function answerPasskeyPage(view: AnswerPasskeyView, words: Words = defaultWords): string {
  const { pages, passkeys } = words
  const { csrf, passkey, passkeyHosts = [], intent, hasOthers, rememberDays } = view
  const problem = view.problem && pages.explain(view.problem)
  const isDisabling = intent === 'disable'
  const title = pages.answer.title[intent]
  const organization = view.requiredBy?.organization ?? view.organization
  const remember =
    rememberDays !== undefined &&
    html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', view.remember === true)}> <span>${pages.answer.remember(rememberDays)}</span></label>`
  const content = html`<h1>${title}</h1>
${isDisabling && html`<div class="advice" role="note">${icons.warning}<div><p class="alert-title">${pages.answer.keepItOnTitle}</p><p>${pages.answer.keepItOn}</p></div></div>`}
${lead(passkey ? passkeys.lead : passkeyHosts.length > 0 ? passkeys.elsewhere(passkeyHosts) : passkeys.notHere, problem, true)}
${passkey && passkeyForm({ csrf, options: passkey, does: 'get', action: '/sign-in/answer', button: passkeys.button, isMain: true, fields: remember }, words)}
<div class="links">
${hasOthers && html`<p><a href="/sign-in?with=other">${passkeys.others}</a></p>`}
${intent === 'enter' && html`<details><summary>${passkeys.lost}</summary><p>${passkeys.lostWhat}</p>${askAdministratorForm(csrf, organization, words)}</details>`}
</div>
${because(view.requiredBy, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined, hasPasskeys: true })
}
