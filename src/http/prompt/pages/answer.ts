import type { DuoView, Intent, RequiredBy, Sent } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, pinField, submit } from '../form.ts'
import { flag, type Html, html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { deliveryLine, resendForm, stillGood, type Way, waysList } from '../ways.ts'
import { askAdministratorForm } from './ask-administrator.ts'
import { duoForm, withoutDuo } from './duo.ts'
import { pushForm } from './duo-push.ts'

export interface AnswerView {
  readonly csrf: string
  /** Kinds of authenticator whose code the field takes. */
  readonly kinds: readonly string[]
  /** Those whose code can be sent. */
  readonly ways?: readonly Way[] | undefined
  readonly sent?: Sent | undefined
  /** A set-up is due, and a mailed passcode opens it. */
  readonly opens?: 'set-up' | undefined
  /** When the page is drawn. */
  readonly now?: Date
  readonly intent: Intent
  /** What the person means to type: `?with=` of the address, and the hidden field `with` of the form. */
  readonly with?: 'app' | 'backup-code' | 'one-time-pass' | 'duo-passcode' | undefined
  readonly requiredBy?: RequiredBy | undefined
  /** For how many days this device may be remembered; without it the box is not there. */
  readonly rememberDays?: number | undefined
  /** Ticked before, on a page that is shown again because of a problem. */
  readonly remember?: boolean | undefined
  /** A PIN of AuthAnvil may be typed beside the code. */
  readonly asksPin?: true | undefined
  readonly duo?: DuoView | undefined
  /** Organizations whose Duo is not for this person. */
  readonly withoutDuo?: readonly string[] | undefined
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
    opens,
    organization,
  }: Pick<AnswerView, 'csrf' | 'opens' | 'organization'> & { readonly isPass: boolean; readonly hasOthers: boolean },
  words: Words,
): Html {
  const { stuck: say } = words.pages.recovery
  return html`<details><summary>${opens ? words.sentCodes.stuckSetUp : say.title}</summary>${hasOthers && !opens && html`<p>${say.whatElse}</p>`}
${!isPass && html`<p><a href="/sign-in?with=one-time-pass">${say.pass}</a></p>`}
${askAdministratorForm(csrf, organization, words)}</details>`
}

/** Kinds whose code is written on paper or read out, beside those of a phone. */
const isTypedKind = (kind: string) => kind === 'backup-codes' || kind === 'one-time-pass'

export function answerPage(view: AnswerView, words: Words = defaultWords): string {
  const { pages, sentCodes } = words
  const { csrf, kinds, intent, organization, ways = [], opens, now = new Date() } = view
  const sent = stillGood(view.sent, now)
  const hasBackupCodes = kinds.includes('backup-codes')
  const hasApp = kinds.some((kind) => kind !== 'duo' && !isTypedKind(kind) && !ways.some((way) => way.kind === kind))
  const hasDuo = kinds.includes('duo')
  const asksAuthAnvil = kinds.includes('authanvil')
  const hasOthers = hasApp || hasDuo || ways.length > 0
  const isPass = intent === 'enter' && (view.with === 'one-time-pass' || !(hasOthers || hasBackupCodes))
  const isBackupCode = !isPass && hasBackupCodes && (view.with === 'backup-code' || !hasOthers)
  const isTyped = isBackupCode || isPass
  // Before anything was sent there is nothing to type, unless an app shows a code.
  const isDuoPasscode = hasDuo && !isTyped && view.with === 'duo-passcode'
  const hasField = isTyped || hasApp || sent !== undefined || isDuoPasscode
  const problem =
    view.problem &&
    pages.explain(view.problem, {
      isBackupCode,
      takesBackupCode: hasBackupCodes,
      isOneTimePass: isPass,
      isSent: sent !== undefined,
      isAuthAnvil: asksAuthAnvil,
      isDuo: isDuoPasscode,
    })
  const title = opens ? sentCodes.titleSetUp : pages.answer.title[intent]
  const isDisabling = intent === 'disable'
  const leadText = isPass
    ? pages.recovery.pass.lead
    : isDuoPasscode
      ? words.duoPush.passcodeLead
      : leadOf(view, { isBackupCode, hasApp, now }, words)
  const isDuoAway = view.duo?.isAway === true
  // What the organization puts first stands first, as long as nothing was sent that waits to be typed.
  const isDuoFirst =
    hasDuo &&
    !isTyped &&
    !isDuoPasscode &&
    (kinds[0] === 'duo' || !hasField) &&
    sent === undefined &&
    !(isDuoAway && (hasField || ways.length > 0))
  const isManaged = view.duo?.isManaged === true
  // While Duo is away another way lets in once, and no device is remembered.
  const rememberDays = isDuoAway ? undefined : view.rememberDays
  const duoView = { csrf, rememberDays, remember: view.remember }
  // Where Duo is the provider's, its own page knows nobody by their mail address: the push is the way.
  const duo = (isMain: boolean) =>
    isManaged ? pushForm({ ...duoView, isMain }, words) : duoForm({ ...duoView, isMain, pushes: view.duo !== undefined }, words)
  const otherWays = isTyped ? [] : ways.filter(({ kind }) => kind !== sent?.kind)
  const content = html`<h1>${title}</h1>
${isDisabling && html`<div class="advice" role="note">${icons.warning}<div><p class="alert-title">${pages.answer.keepItOnTitle}</p><p>${pages.answer.keepItOn}</p></div></div>`}
${lead(leadText, problem, problem?.field === undefined || !hasField)}
${!isTyped && deliveryLine(sent, words)}
${view.duo && isDuoAway && !problem && lead('', words.duo.away(view.duo.organization), true)}
${isDuoFirst && duo(true)}
${!hasField && waysList(csrf, otherWays, words, !isDuoFirst)}
${isDuoFirst && hasField && html`<p class="or">${words.duo.orCode}</p>`}
${
  hasField &&
  html`<form method="post" action="/sign-in/answer"${!isTyped && html`${!asksAuthAnvil && !hasDuo && html` data-submit-at-six`}`}>${csrfField(csrf)}${isDuoPasscode && html`<input type="hidden" name="with" value="duo-passcode">`}${isTyped && html`<input type="hidden" name="with" value="${isPass ? 'one-time-pass' : 'backup-code'}">`}
${
  // Above the code, because the form goes by itself at the sixth digit.
  rememberDays !== undefined &&
  !isPass &&
  html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', view.remember === true)}> <span>${pages.answer.remember(rememberDays)}</span></label>`
}
${field(
  {
    id: 'code',
    label: pages.fields.code,
    autocomplete: 'one-time-code',
    // A passcode of AuthAnvil may be a temporary password of any letters.
    inputmode: isTyped || asksAuthAnvil ? 'text' : 'numeric',
    isCode: isTyped ? 'backup-code' : 'app',
    hint: isPass
      ? pages.recovery.pass.hint
      : isBackupCode
        ? pages.answer.hintBackupCode
        : isDuoPasscode
          ? words.duoPush.passcodeHint
          : asksAuthAnvil
            ? words.authAnvil.hint
            : hasApp && !sent
              ? pages.answer.hintApp
              : sentCodes.hint,
    error: problem?.field === 'code' ? problem.advice : undefined,
    isFocused: !isDuoFirst,
    longest: 128,
  },
  words,
)}
${view.asksPin === true && !isTyped && pinField(words)}
${submit(opens ? sentCodes.buttonSetUp : pages.answer.button[intent], isDisabling)}
</form>`
}
<div class="links">
${!isTyped && resendForm({ csrf, sent, now }, words)}
${hasDuo && !isDuoFirst && !isTyped && !isDuoPasscode && html`<p>${words.duo.orDuo}</p>${duo(false)}`}
${isDuoPasscode && html`<p><a href="/sign-in?with=app">${words.duoPush.waiting.otherWays}</a></p>`}
${hasField && otherWays.length > 0 && html`<p>${sentCodes.otherWays}</p>${waysList(csrf, otherWays, words)}`}
${problem && view.problem?.code === 'password-change-required' && html`<p><a href="/forgot-password">${pages.forgotPassword}</a></p>`}
${hasDuo && !isDuoPasscode && !isTyped && !opens && html`<p><a href="/sign-in?with=duo-passcode">${words.duoPush.typePasscode}</a></p>`}
${hasBackupCodes && !isBackupCode && html`<p><a href="/sign-in?with=backup-code">${pages.answer.toBackupCode}</a></p>`}
${isTyped && hasOthers && html`<p><a href="/sign-in">${hasApp ? pages.answer.toApp : hasDuo ? words.duo.toDuo : sentCodes.toSent}</a></p>`}
${intent === 'enter' && stuck({ csrf, isPass, hasOthers: hasOthers || hasBackupCodes, opens, organization: view.requiredBy?.organization ?? organization }, words)}
</div>
${withoutDuo(view.withoutDuo, words, hasDuo)}
${because(view.requiredBy, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined })
}

interface Shown {
  readonly isBackupCode: boolean
  readonly hasApp: boolean
  readonly now: Date
}

/** What to do now, in one sentence. */
function leadOf(
  { intent, kinds, ways = [], sent, opens }: AnswerView,
  { isBackupCode, hasApp, now }: Shown,
  { pages, sentCodes, authAnvil, duo }: Words,
): string {
  const isDisabling = intent === 'disable'
  if (isBackupCode) return isDisabling ? pages.answer.disableLeadBackupCode : pages.answer.leadBackupCode
  if (sent) return sentCodes.sent(sent, now)
  if (opens) return sentCodes.leadSetUp
  if (isDisabling) return hasApp && ways.length === 0 ? pages.answer.disableLead : sentCodes.disableLead
  if (kinds.includes('duo')) return hasApp ? duo.leadAny : ways.length > 0 ? duo.leadSent : duo.lead
  if (!hasApp) return sentCodes.leadFirst(ways[0]?.kind ?? '')
  if (kinds.includes('authanvil')) return kinds.includes('totp') ? authAnvil.leadAny : authAnvil.lead
  return ways.length > 0 ? sentCodes.leadAny : pages.answer.leadApp
}
