import type { DuoView, Intent, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, lead } from '../form.ts'
import { flag, type Html, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

type Push = NonNullable<DuoView['push']>
type Device = NonNullable<DuoView['devices']>[number]

export interface DuoPushPageView {
  readonly csrf: string
  readonly intent: Intent
  readonly duo: DuoView
  /** When the page is drawn. */
  readonly now: Date
  /** Asked for a moment ago without a script: there was no answer yet. */
  readonly isChecked?: boolean | undefined
  /** Where the request comes from, as the phone shows it. */
  readonly address: string
  readonly hasBackupCodes: boolean
  /** Duo is being set up, so nothing else counts here. */
  readonly isSetUp: boolean
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** A wish to Duo: a form like every other, so that it needs no script. */
const wish = (csrf: string, fields: Readonly<Record<string, string>>, button: Html): Html =>
  html`<form method="post" action="/sign-in/answer">${csrfField(csrf)}${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}${button}</form>`

/** The button that makes a phone ring. */
export function pushForm(
  {
    csrf,
    isMain,
    rememberDays,
    remember,
  }: {
    readonly csrf: string
    readonly isMain: boolean
    readonly rememberDays?: number | undefined
    readonly remember?: boolean | undefined
  },
  words: Words,
): Html {
  return html`<form class="duo" method="post" action="/sign-in/answer">${csrfField(csrf)}<input type="hidden" name="send" value="duo">${
    rememberDays !== undefined &&
    html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', remember === true)}> <span>${words.pages.answer.remember(rememberDays)}</span></label>`
  }<button class="button${isMain && ' button-main'}" type="submit"${flag('autofocus', isMain)}>${words.duoPush.send}</button></form>`
}

const devicesList = (csrf: string, devices: readonly Device[], words: Words, isMain: boolean): Html =>
  html`<div class="ways">${devices.map(({ id, name }, nth) =>
    wish(
      csrf,
      { send: 'duo', device: id },
      html`<button class="button${isMain && nth === 0 && ' button-main'}" type="submit">${name || words.duoPush.choose.nameless}</button>`,
    ),
  )}</div>`

/**
 * The button by which a person says that they have done their part. A script asks by itself, lightly, and goes on as soon as there is an
 * answer; without one the button asks.
 */
export function checkForm(
  csrf: string,
  {
    label,
    waiting,
    until,
    now,
    isPush = false,
  }: { readonly label: string; readonly waiting: string; readonly until: string; readonly now: Date; readonly isPush?: boolean },
): Html {
  const left = Math.max(0, Math.round((new Date(until).getTime() - now.getTime()) / 1000))
  return html`<form method="post" action="/sign-in/answer" data-waits="${left}"${flag('data-push', isPush)}>${csrfField(csrf)}<input type="hidden" name="check" value="duo">
<p class="waiting scripted" role="status">${waiting}</p>
<button class="button button-main" type="submit">${label}</button></form>`
}

/** Which of several devices shall ring. */
export function duoDevicesPage(view: DuoPushPageView, words: Words = defaultWords): string {
  const { choose } = words.duoPush
  const problem = view.problem && words.pages.explain(view.problem)
  const content = html`<h1>${choose.title}</h1>
${lead(choose.lead, problem, true)}
${devicesList(view.csrf, view.duo.devices ?? [], words, true)}
${otherWays(view, words)}
${because(view.requiredBy, words)}
${cancelForm(view.csrf, words)}`
  return document({ ...view, title: choose.title, content, words, hasProblem: problem !== undefined })
}

/** The push is on its way, or came to nothing: S0.14. */
export function duoPushPage(
  view: DuoPushPageView & { readonly duo: DuoView & { readonly push: Push } },
  words: Words = defaultWords,
): string {
  const { waiting, refused } = words.duoPush
  const { csrf, duo } = view
  const { push } = duo
  const isWaiting = push.state === 'waiting'
  const ended = isWaiting ? undefined : refused(push.state)
  const problem = ended ?? (view.problem && words.pages.explain(view.problem))
  const others = (duo.devices ?? []).filter(({ name }) => name !== push.device)
  const leadText = push.device === '' ? waiting.leadNameless : waiting.lead(push.device)
  const mayAgain = isWaiting || push.state === 'timeout'
  const again = (isMain: boolean) =>
    wish(
      csrf,
      { send: 'duo', ...sameDevice(duo, push) },
      html`<button class="button${isMain && ' button-main'}" type="submit">${waiting.again}</button>`,
    )
  const title = mayAgain ? waiting.title : words.pages.answer.title[view.intent]
  const content = html`<h1>${title}</h1>
${lead(leadText, problem, true)}
${isWaiting && numberOf(push, words)}
${isWaiting && view.isChecked === true && !problem && html`<p class="quiet" role="status">${waiting.stillNothing}</p>`}
${isWaiting && checkForm(csrf, { label: waiting.approved, waiting: waiting.asking, until: push.expiresAt, now: view.now, isPush: true })}
${isWaiting && shownOnPhone(view, push, words)}
${mayAgain && html`<div class="again">${again(!isWaiting)}</div>`}
<div class="links">
${mayAgain && others.length > 0 && html`<p>${waiting.others}</p>${devicesList(csrf, others, words, false)}`}
</div>
${otherWays(view, words)}
${because(view.requiredBy, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title, content, words, hasProblem: problem !== undefined })
}

const sameDevice = ({ devices = [] }: DuoView, push: Push): Readonly<Record<string, string>> => {
  const same = devices.find(({ name }) => name === push.device)
  return same ? { device: same.id } : {}
}

function numberOf({ code }: Push, words: Words): Html | undefined {
  const { number } = words.duoPush.waiting
  return code === undefined
    ? undefined
    : html`<div class="push-number"><span id="push-number-label">${number}</span><output aria-labelledby="push-number-label">${code}</output></div>`
}

/** What the phone shows, so that nobody approves what somebody else began. */
function shownOnPhone({ intent, duo, address }: DuoPushPageView, push: Push, words: Words): Html {
  const { waiting } = words.duoPush
  const lines = [
    [waiting.request, waiting.types[intent] ?? ''],
    [waiting.organization, duo.organization],
    [waiting.from, address],
    [waiting.at, `${push.sentAt.slice(0, 16).replace('T', ' ')} UTC`],
  ] as const
  return html`<section class="on-the-phone"><p>${waiting.shows}</p><dl class="facts">${lines.map(([what, value]) => html`<div><dt>${what}</dt><dd dir="auto">${value}</dd></div>`)}</dl><p class="quiet">${waiting.otherwise}</p></section>`
}

/** How to go on without the phone ringing. */
function otherWays({ isSetUp, hasBackupCodes }: DuoPushPageView, words: Words): Html | undefined {
  const { waiting } = words.duoPush
  if (isSetUp) return undefined
  return html`<div class="links"><p><a href="/sign-in?with=duo-passcode">${waiting.passcode}</a></p>
${hasBackupCodes && html`<p><a href="/sign-in?with=backup-code">${waiting.backupCode}</a></p>`}
<p><a href="/sign-in?with=app">${waiting.otherWays}</a></p></div>`
}
