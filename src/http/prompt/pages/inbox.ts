import type { Words } from '#words/words.ts'
import { address, type Html, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

interface Shown {
  readonly to: string
  readonly text: string
  readonly at: Date | string
}

export interface InboxView {
  readonly mails: readonly (Shown & { readonly subject: string })[]
  readonly texts: readonly Shown[]
  readonly calls: readonly (Shown & { readonly prompt: string })[]
}

/** Web addresses become links, the rest stays text; both are escaped. */
function withLinks(text: string): readonly (Html | string)[] {
  return text
    .split(/(https?:\/\/[^\s<>"'`]+)/i)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${address(part)}">${part}</a>` : part))
}

/** Development only: what would have left the house, the newest first. */
export function inboxPage({ mails, texts, calls }: InboxView, words: Words = defaultWords): string {
  const { inbox } = words.pages
  const head = (kind: string, to: string, at: Date) =>
    html`<p class="quiet">${kind} ${inbox.to} <strong>${to}</strong> · <time datetime="${at.toISOString()}">${inbox.at(at)}</time></p>`
  const entries = [
    ...mails.map(({ to, subject, text, at }) => {
      const when = new Date(at)
      return {
        when,
        shown: html`<article class="mail"><h2>${subject}</h2>${head(inbox.mail, to, when)}<div class="mail-text">${withLinks(text)}</div></article>`,
      }
    }),
    ...texts.map(({ to, text, at }) => {
      const when = new Date(at)
      return {
        when,
        shown: html`<article class="mail">${head(inbox.text, to, when)}<p class="bubble mail-text">${withLinks(text)}</p></article>`,
      }
    }),
    ...calls.map(({ to, prompt, text, at }) => {
      const when = new Date(at)
      return {
        when,
        shown: html`<article class="mail">${head(inbox.call, to, when)}<p class="bubble">${prompt}</p><details class="press"><summary class="button">${inbox.pressKey}</summary><p class="bubble">${inbox.spoken(text)}</p><p class="bubble">${inbox.spoken(text)}</p><p class="press"><button class="button scripted" type="button" data-speak="${inbox.spoken(text)}">${inbox.listen}</button></p></details></article>`,
      }
    }),
  ].sort((one, other) => other.when.getTime() - one.when.getTime())
  const content = html`<h1>${inbox.title}</h1>
<div class="lead"><p>${inbox.lead}</p></div>
${entries.length === 0 && html`<div class="empty"><p><strong>${inbox.empty}</strong></p><p>${inbox.emptyText}</p></div>`}
${entries.map(({ shown }) => shown)}`
  return document({ title: inbox.title, content, words, isWide: true })
}
