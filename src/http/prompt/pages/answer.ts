import type { Intent, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, submit } from '../form.ts'
import { flag, html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'

export interface AnswerView {
  readonly csrf: string
  /** Kinds of authenticator whose code the field takes. */
  readonly kinds: readonly string[]
  readonly intent: Intent
  /** What the person means to type: `?with=backup-code` of the address, and the hidden field `with` of the form. */
  readonly with?: 'app' | 'backup-code' | undefined
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

export function answerPage(view: AnswerView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, kinds, intent, organization } = view
  const hasBackupCodes = kinds.includes('backup-codes')
  const hasApp = kinds.some((kind) => kind !== 'backup-codes')
  const isBackupCode = hasBackupCodes && (view.with === 'backup-code' || !hasApp)
  const problem = view.problem && pages.explain(view.problem, { isBackupCode, takesBackupCode: hasBackupCodes })
  const title = pages.answer.title[intent]
  const isDisabling = intent === 'disable'
  const leadText = isDisabling
    ? isBackupCode
      ? pages.answer.disableLeadBackupCode
      : pages.answer.disableLead
    : isBackupCode
      ? pages.answer.leadBackupCode
      : pages.answer.leadApp
  const content = html`<h1>${title}</h1>
${isDisabling && html`<div class="advice" role="note">${icons.warning}<div><p class="alert-title">${pages.answer.keepItOnTitle}</p><p>${pages.answer.keepItOn}</p></div></div>`}
${lead(leadText, problem, problem?.field === undefined)}
<form method="post" action="/sign-in/answer"${!isBackupCode && html` data-submit-at-six`}>${csrfField(csrf)}${isBackupCode && html`<input type="hidden" name="with" value="backup-code">`}
${
  // Above the code, because the form goes by itself at the sixth digit.
  view.rememberDays !== undefined &&
  html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', view.remember === true)}> <span>${pages.answer.remember(view.rememberDays)}</span></label>`
}
${field(
  {
    id: 'code',
    label: pages.fields.code,
    autocomplete: 'one-time-code',
    inputmode: isBackupCode ? 'text' : 'numeric',
    isCode: isBackupCode ? 'backup-code' : 'app',
    hint: isBackupCode ? pages.answer.hintBackupCode : pages.answer.hintApp,
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
${isBackupCode && hasApp && html`<p><a href="/sign-in">${pages.answer.toApp}</a></p>`}
${intent === 'enter' && html`<details><summary>${pages.answer.stuck}</summary><p>${pages.answer.stuckText(view.requiredBy?.organization ?? organization)}</p></details>`}
</div>
${because(view.requiredBy, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined })
}
