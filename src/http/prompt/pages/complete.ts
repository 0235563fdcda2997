import type { Intent } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { address, html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'

export interface CompleteView {
  readonly intent: Intent
  readonly returnTo: string
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** The last screen after something was set up or switched off. */
export function completePage(view: CompleteView, words: Words = defaultWords): string {
  const { pages } = words
  const { title, text } = pages.complete[view.intent]
  const content = html`<div class="done">${icons.tick}</div>
<h1>${title}</h1>
<div class="lead"><p>${text}</p></div>
<a class="button button-main" href="${address(view.returnTo)}">${pages.continue}</a>`
  return document({ ...view, title, content, words })
}
