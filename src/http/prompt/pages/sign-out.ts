import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface SignOutView {
  readonly csrf: string
  readonly application: string | undefined
  readonly clientId: string | undefined
  readonly address: string | undefined
  readonly state: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Asks whether to sign out, where nobody has shown yet that the person wants it. */
export function signOutPage(view: SignOutView, words: Words = defaultWords): string {
  const { ask, askText, askAction, askNo } = words.oidc
  const { csrf, clientId, address, state } = view
  const hidden = (name: string, value: string | undefined) =>
    value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}">`
  const content = html`<h1>${ask}</h1>
<div class="lead"><p>${askText(view.application)}</p></div>
<form method="post" action="/oidc/signed-out">
${hidden('csrf', csrf)}${hidden('client_id', clientId)}${hidden('post_logout_redirect_uri', address)}${hidden('state', state)}
<button class="button button-main" type="submit" name="answer" value="yes">${askAction}</button>
</form>
<form class="leave" method="post" action="/oidc/signed-out">
${hidden('csrf', csrf)}<button class="button" type="submit" name="answer" value="no">${askNo}</button>
</form>`
  return document({ ...view, title: ask, content, words })
}
