import type { Intent, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, submit } from '../form.ts'
import { flag, type Html, html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { askAdministratorForm } from './ask-administrator.ts'

export interface AnswerView {
  readonly csrf: string
  /** Kinds of authenticator whose code the field takes. */
  readonly kinds: readonly string[]
  readonly intent: Intent
  /** What the person means to type: `?with=` of the address, and the hidden field `with` of the form. */
  readonly with?: 'app' | 'backup-code' | 'one-time-pass' | undefined
  readonly requiredBy?: RequiredBy | undefined
  /** For how many days this device may be remembered; without it the box is not there. */
  readonly rememberDays?: number | undefined
  /** Ticked before, on a page that is shown again because of a problem. */
  readonly remember?: boolean | undefined
  readonly problem?: PageProblem | undefined
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Where whoever has no code at hand goes on. */
function stuck(
  {
    csrf,
    isPass,
    hasOthers,
    organization,
  }: { readonly csrf: string; readonly isPass: boolean; readonly hasOthers: boolean; readonly organization: string | undefined },
  words: Words,
): Html {
  const { stuck: say } = words.pages.recovery
  return html`<details><summary>${say.title}</summary>${hasOthers && html`<p>${say.whatElse}</p>`}
${!isPass && html`<p><a href="/sign-in?with=one-time-pass">${say.pass}</a></p>`}
${askAdministratorForm(csrf, organization, words)}</details>`
}

export function answerPage(view: AnswerView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, kinds, intent, organization } = view
  const hasBackupCodes = kinds.includes('backup-codes')
  const hasApp = kinds.some((kind) => kind !== 'backup-codes' && kind !== 'one-time-pass')
  const isPass = intent === 'enter' && (view.with === 'one-time-pass' || !(hasApp || hasBackupCodes))
  const isBackupCode = !isPass && hasBackupCodes && (view.with === 'backup-code' || !hasApp)
  const isTyped = isBackupCode || isPass
  const problem = view.problem && pages.explain(view.problem, { isBackupCode, takesBackupCode: hasBackupCodes, isOneTimePass: isPass })
  const title = pages.answer.title[intent]
  const isDisabling = intent === 'disable'
  const leadText = isDisabling
    ? isBackupCode
      ? pages.answer.disableLeadBackupCode
      : pages.answer.disableLead
    : isPass
      ? pages.recovery.pass.lead
      : isBackupCode
        ? pages.answer.leadBackupCode
        : pages.answer.leadApp
  const content = html`<h1>${title}</h1>
${isDisabling && html`<div class="advice" role="note">${icons.warning}<div><p class="alert-title">${pages.answer.keepItOnTitle}</p><p>${pages.answer.keepItOn}</p></div></div>`}
${lead(leadText, problem, problem?.field === undefined)}
<form method="post" action="/sign-in/answer"${!isTyped && html` data-submit-at-six`}>${csrfField(csrf)}${isTyped && html`<input type="hidden" name="with" value="${isPass ? 'one-time-pass' : 'backup-code'}">`}
${
  // Above the code, because the form goes by itself at the sixth digit.
  view.rememberDays !== undefined &&
  !isPass &&
  html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', view.remember === true)}> <span>${pages.answer.remember(view.rememberDays)}</span></label>`
}
${field(
  {
    id: 'code',
    label: pages.fields.code,
    autocomplete: 'one-time-code',
    inputmode: isTyped ? 'text' : 'numeric',
    isCode: isTyped ? 'backup-code' : 'app',
    hint: isPass ? pages.recovery.pass.hint : isBackupCode ? pages.answer.hintBackupCode : pages.answer.hintApp,
    error: problem?.field === 'code' ? problem.advice : undefined,
    isFocused: true,
    longest: 64,
  },
  words,
)}
${submit(pages.answer.button[intent], isDisabling)}
</form>
<div class="links">
${problem && view.problem?.code === 'password-change-required' && html`<p><a href="/forgot-password">${pages.forgotPassword}</a></p>`}
${hasBackupCodes && !isBackupCode && html`<p><a href="/sign-in?with=backup-code">${pages.answer.toBackupCode}</a></p>`}
${isTyped && hasApp && html`<p><a href="/sign-in">${pages.answer.toApp}</a></p>`}
${intent === 'enter' && stuck({ csrf, isPass, hasOthers: hasApp || hasBackupCodes, organization: view.requiredBy?.organization ?? organization }, words)}
</div>
${because(view.requiredBy, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined })
}
