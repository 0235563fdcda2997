import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { csrfField, lead, submit } from '../form.ts'
import { address, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface GoOnView {
  readonly portal: string
  readonly address: string
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Goes on to a portal by itself, by the header `Refresh`, and by a button where a browser does not. */
export function goOnPage(view: GoOnView, words: Words = defaultWords): string {
  const { goOn } = words.forwardAuth
  const content = html`<h1>${goOn.title}</h1>
${lead(goOn.text(view.portal))}
<a class="button button-main" href="${address(view.address)}">${goOn.go(view.portal)}</a>`
  return document({ ...view, title: goOn.title, content, words })
}

interface Common {
  /** What the portal is called. */
  readonly portal: string
  readonly clientId: string
  readonly csrf: string
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

export interface StepUpView extends Common {
  readonly to: string
  readonly way: string
  /** Whether nothing but a passkey or security key will do. */
  readonly passkey: boolean
}

/** A portal asks for more than the sign-in gave: why, and the button that goes on. */
export function stepUpPage(view: StepUpView, words: Words = defaultWords): string {
  const { stepUp } = words.forwardAuth
  const content = html`<h1>${stepUp.title}</h1>
${lead((view.passkey ? stepUp.passkeyText : stepUp.text)(view.portal))}
<form method="post" action="/forward-auth/${view.clientId}/step-up">${csrfField(view.csrf)}
<input type="hidden" name="to" value="${view.to}"><input type="hidden" name="way" value="${view.way}">
${submit(stepUp.go)}</form>`
  return document({ ...view, title: stepUp.title, content, words })
}

/** The way out of a portal and of everything else that Countersign signed somebody in to. */
export function signOutPage(view: Common, words: Words = defaultWords): string {
  const { signOut } = words.forwardAuth
  const content = html`<h1>${signOut.title}</h1>
${lead(signOut.text(view.portal))}
<form method="post" action="/forward-auth/${view.clientId}/sign-out">${csrfField(view.csrf)}${submit(signOut.go)}</form>`
  return document({ ...view, title: signOut.title, content, words })
}

export interface TriedView {
  readonly portal: string
  readonly address: string
  /** What was found of a part: of the peer, of each header, of the address. */
  readonly found: (part: string) => string
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** What reaches us by the proxy of a portal, for whoever sets it up. */
export function triedPage(view: TriedView, words: Words = defaultWords): string {
  const { tried } = words.forwardAuth
  const isTrusted = view.found('peer') === 'trusted'
  const headers = isTrusted ? (['scheme', 'host', 'uri', 'method'] as const) : []
  const bad = headers.filter((one) => view.found(one) !== 'fine')
  const isRegistered = view.found('origin') === 'registered'
  const isFine = isTrusted && bad.length === 0 && isRegistered
  const content = html`<h1>${isFine ? tried.fineTitle : tried.wrongTitle}</h1>
${lead(isFine ? tried.fine(view.portal) : tried.wrong)}
${!isFine && html`<ul class="findings">${!isTrusted && html`<li>${tried.stranger}</li>`}${bad.map((one) => html`<li>${view.found(one) === 'twice' ? tried.twice(tried.headers[one]) : tried.missing(tried.headers[one])}</li>`)}${isTrusted && !isRegistered && html`<li>${tried.other}</li>`}</ul>`}
<a class="button button-main" href="${address(view.address)}">${tried.open(view.portal)}</a>`
  return document({ ...view, title: isFine ? tried.fineTitle : tried.wrongTitle, content, words })
}
