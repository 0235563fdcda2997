import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { address, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface OnwardView {
  /** Where it goes on: an address that was checked. */
  readonly href: string
  readonly application: string
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** On to an application, by itself, and by a button where a browser does not go on by itself. */
export function onwardPage(view: OnwardView, words: Words = defaultWords): string {
  const { onward, onwardText, onwardAction } = words.oidc
  const href = address(view.href)
  const content = html`<h1>${onward(view.application)}</h1>
<div class="lead"><p>${onwardText}</p></div>
<a class="button button-main" href="${href}">${onwardAction}</a>`
  return document({ ...view, title: onward(view.application), content, words, onward: href })
}
