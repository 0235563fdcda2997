import type { DuoView, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, lead } from '../form.ts'
import { address, type Html, html, trustedMarkup } from '../html.ts'
import { defaultWords, document } from '../layout.ts'
import { otherMethods } from '../ways.ts'
import { checkForm } from './duo-push.ts'

type Activation = NonNullable<DuoView['activation']>

export interface EnrollDuoManagedView {
  readonly csrf: string
  readonly activation: Activation
  /** An `<svg>` drawn on the server, of what the QR code holds. */
  readonly qrSvg?: string | undefined
  /** When the page is drawn. */
  readonly now: Date
  /** Asked for a moment ago without a script: the phone was not known yet. */
  readonly isChecked?: boolean | undefined
  /** What may be set up in its place. */
  readonly kinds: readonly string[]
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Setting up Duo in the provider's account: the QR code is ours to show, and the provider is named who looks after Duo. */
export function enrollDuoManagedPage(view: EnrollDuoManagedView, words: Words = defaultWords): string {
  const { activation: say } = words.duoPush
  const { csrf, activation, kinds } = view
  const { enroll } = words.duo
  const isExpired = activation.state === 'expired'
  const problem = (view.problem && words.pages.explain(view.problem)) ?? (isExpired ? say.expired : undefined)
  const content = html`<h1>${say.title}</h1>
${lead(say.lead, problem, true)}
${because(view.requiredBy, words)}
<p class="quiet">${say.administrator(activation.administrator)}${activation.contact !== undefined && html` ${say.contact} <span dir="auto">${activation.contact}</span>`}</p>
<ol class="steps">
<li>
<h2>${say.install}</h2>
<p>${say.installText}</p>
<p class="stores">${enroll.stores.map(
    ([name, href]) =>
      html`<a href="${href}" target="_blank" rel="noopener noreferrer"><span class="unseen">${enroll.on} </span>${name}</a>`,
  )}</p>
</li>
<li>
<h2>${say.scan}</h2>
${scanning(view, words)}
</li>
<li>
<h2>${say.approve}</h2>
<p>${say.approveText}</p>
${activation.state === 'done' && again(csrf, words.duoPush.send, true)}
</li>
</ol>
${otherMethods(csrf, kinds, 'duo', words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title: say.title, content, words, hasProblem: problem !== undefined })
}

const again = (csrf: string, label: string, isMain: boolean): Html =>
  html`<form method="post" action="/sign-in/answer">${csrfField(csrf)}<input type="hidden" name="send" value="duo"><button class="button${isMain && ' button-main'}" type="submit">${label}</button></form>`

function scanning({ csrf, activation, qrSvg, isChecked, now, problem }: EnrollDuoManagedView, words: Words): Html {
  const { activation: say } = words.duoPush
  const { state, address: link, expiresAt } = activation
  if (state === 'done') return html`<p>${say.scanned}</p>`
  if (state !== 'waiting' || qrSvg === undefined || expiresAt === undefined)
    return html`<p>${say.beginText}</p>${again(csrf, state === 'expired' ? say.again : say.begin, true)}`
  return html`<p>${say.scanText}</p>
<div class="qr" role="img" aria-label="${say.qr}">${trustedMarkup(qrSvg)}</div>
${link && html`<p class="on-phone"><a class="button" href="${address(link)}">${say.onThisPhone}</a></p>`}
${isChecked === true && !problem && html`<p class="quiet" role="status">${say.stillNothing}</p>`}
${checkForm(csrf, { label: say.done, waiting: say.waiting, until: expiresAt, now })}
<div class="again">${again(csrf, say.again, false)}</div>`
}
