import type { PasskeyOptions } from '#contract/sign-in.ts'
import type { Words } from '#words/words.ts'
import { csrfField } from './form.ts'
import { flag, type Hole, type Html, html } from './html.ts'

export interface PasskeyFormView {
  readonly csrf: string
  readonly options: PasskeyOptions
  /** Whether a key is made, or used. */
  readonly does: 'create' | 'get'
  readonly action: '/sign-in/answer' | '/sign-in/passkey'
  readonly button: string
  readonly isMain: boolean
  /** Whether the browser offers keys where it fills in the email, too. */
  readonly fills?: boolean
  /** Fields above the button. */
  readonly fields?: Hole
}

/** The button that has the browser make or use a key. What comes of it is sent like every other form. */
export function passkeyForm(
  { csrf, options, does, action, button, isMain, fills = false, fields }: PasskeyFormView,
  { passkeys }: Words,
): Html {
  const say = html`<p class="note passkey-note" role="status" data-say data-waiting="${passkeys.waiting}" data-cancelled="${passkeys.cancelled}" data-known="${passkeys.known}" data-unsupported="${passkeys.unsupported}"></p>`
  return html`<form class="passkey" method="post" action="${action}" data-passkey="${does}" data-options="${JSON.stringify(options)}"${flag('data-fills', fills)}>${csrfField(csrf)}<input type="hidden" name="passkey">${fields}
<button class="button${isMain && ' button-main'} scripted" type="submit"${flag('autofocus', isMain)}>${button}</button>${say}</form>
<noscript><p class="quiet passkey-script">${passkeys.noScript}</p></noscript>`
}
