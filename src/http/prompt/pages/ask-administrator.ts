import type { AskedAdministrators } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { csrfField } from '../form.ts'
import { type Html, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

/** The button, in a form of its own; it works wherever the right password was given and the second step was not. */
export function askAdministratorForm(csrf: string, organization: string | undefined, words: Words): Html {
  const { stuck } = words.pages.recovery
  return html`<form class="leave" method="post" action="/sign-in/ask-administrator">${csrfField(csrf)}<p>${stuck.askWhat(organization)}</p><button class="button" type="submit">${stuck.ask}</button></form>`
}

export interface AskedView extends AskedAdministrators {
  /** It was within the last hour, so nobody was asked anew. */
  readonly isAgain?: boolean
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Says whom was asked, by role and organization, and what to expect. */
export function askedPage(view: AskedView, words: Words = defaultWords): string {
  const { asked: say } = words.pages.recovery
  const { asked, isAgain = false } = view
  const isNobody = asked.length === 0
  const title = isNobody ? say.nobodyTitle : isAgain ? say.againTitle : say.title
  const content = html`<h1>${title}</h1>
<div class="lead" role="status"><p>${isNobody ? say.nobody : isAgain ? say.again(asked) : say.text(asked)}</p></div>
${!isNobody && html`<p class="quiet">${say.next}</p>`}
<a class="button button-main" href="/sign-in">${say.back}</a>`
  return document({ ...view, title, content, words })
}
