import type { Sent } from '#contract/sign-in.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead } from './form.ts'
import { type Html, html } from './html.ts'

/** A way to be sent a code, as the step names it. */
export interface Way {
  readonly kind: string
  /** Masked, or whole where it was typed a moment ago. */
  readonly to: string
}

/** What every page about sent codes needs to know. */
export interface Sending {
  readonly csrf: string
  readonly sent?: Sent | undefined
  /** When the page is drawn. */
  readonly now: Date
}

/** What was sent, as long as it can still be typed. */
export const stillGood = (sent: Sent | undefined, now: Date): Sent | undefined =>
  sent && new Date(sent.expiresAt) > now ? sent : undefined

const wish = (csrf: string, name: 'send' | 'choose', kind: string, button: Html): Html =>
  html`<form method="post" action="/sign-in/answer">${csrfField(csrf)}<input type="hidden" name="${name}" value="${kind}">${button}</form>`

/** A button for each way, with where the code would go. */
export function waysList(csrf: string, ways: readonly Way[], words: Words, isMain = false): Html {
  const { send, sendTo } = words.sentCodes
  return html`<div class="ways">${ways.map(({ kind, to }, index) =>
    wish(
      csrf,
      'send',
      kind,
      html`<button class="button${isMain && index === 0 && ' button-main'}" type="submit">${send(kind)} <span class="way-to">${sendTo[kind]} ${to}</span></button>`,
    ),
  )}</div>`
}

/** The same code once more, and what to do when nothing arrives. */
export function resendForm({ csrf, sent }: Sending, words: Words): Html | undefined {
  if (!sent) return undefined
  const { resend, resendLead, nothing, nothingText } = words.sentCodes
  return html`<div class="resend"><p>${resendLead[sent.kind]}</p>${wish(csrf, 'send', sent.kind, html`<button class="button" type="submit">${resend}</button>`)}</div>
${sent.delivery !== 'undelivered' && html`<details><summary>${nothing}</summary><p>${nothingText(sent.kind)}</p></details>`}`
}

/** What the gateway said became of it. */
export function deliveryLine(sent: Sent | undefined, words: Words): Html | undefined {
  if (sent?.delivery === undefined) return undefined
  if (sent.delivery === 'delivered') return html`<p class="quiet">${words.sentCodes.delivered}</p>`
  return lead('', words.sentCodes.undelivered(sent.kind, sent.reason), true)
}

/** The other methods that may be set up in place of this one. */
export function otherMethods(csrf: string, kinds: readonly string[], current: string, words: Words): Html | undefined {
  const others = kinds.filter((kind) => kind !== current)
  if (others.length === 0) return undefined
  const { others: title, othersText, choose } = words.sentCodes.enroll
  return html`<section class="others" id="others"><h2>${title}</h2><p>${othersText}</p><div class="ways">${others.map((kind) =>
    wish(csrf, 'choose', kind, html`<button class="button" type="submit">${choose(kind)}</button>`),
  )}</div></section>`
}

/** The field that takes a code which was sent; phones fill it from the message. */
export function sentCodeField(words: Words, error: string | undefined): Html {
  return field(
    {
      id: 'code',
      label: words.pages.fields.code,
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      isCode: 'app',
      hint: words.sentCodes.hint,
      error,
      isFocused: true,
      longest: 16,
    },
    words,
  )
}
