import type { Words } from '#words/words.ts'
import { address, type Html, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface InboxView {
  readonly mails: readonly { readonly to: string; readonly subject: string; readonly text: string; readonly at: Date | string }[]
}

/** Web addresses become links, the rest stays text; both are escaped. */
function withLinks(text: string): readonly (Html | string)[] {
  return text
    .split(/(https?:\/\/[^\s<>"'`]+)/i)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${address(part)}">${part}</a>` : part))
}

/** Development only: what would have been mailed, newest first as it is given. */
export function inboxPage(view: InboxView, words: Words = defaultWords): string {
  const { inbox } = words.pages
  const content = html`<h1>${inbox.title}</h1>
<div class="lead"><p>${inbox.lead}</p></div>
${view.mails.length === 0 && html`<div class="empty"><p><strong>${inbox.empty}</strong></p><p>${inbox.emptyText}</p></div>`}
${view.mails.map(({ to, subject, text, at }) => {
  const when = new Date(at)
  return html`<article class="mail"><h2>${subject}</h2><p class="quiet">${inbox.to} <strong>${to}</strong> · <time datetime="${when.toISOString()}">${inbox.at(when)}</time></p><div class="mail-text">${withLinks(text)}</div></article>`
})}`
  return document({ title: inbox.title, content, words, isWide: true })
}
