import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { address, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface MessageView {
  readonly title: string
  readonly text: string
  readonly action?: { readonly href: string; readonly label: string } | undefined
  /** To be told to whoever can read the log. */
  readonly requestId?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** A page that only says something, and where to go from there. The sentences are `words.pages.messages`. */
export function messagePage(view: MessageView, words: Words = defaultWords): string {
  const { title, text, action, requestId } = view
  const content = html`<h1>${title}</h1>
<div class="lead"><p>${text}</p></div>
${action && html`<a class="button button-main" href="${address(action.href)}">${action.label}</a>`}
${requestId && html`<dl class="facts"><div><dt>${words.pages.problem.requestId}</dt><dd><code>${requestId}</code></dd></div></dl>`}`
  return document({ ...view, content, words })
}
