import type { RequiredBy, Sent } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { deliveryLine, otherMethods, resendForm, sentCodeField, stillGood, waysList } from '../ways.ts'
import { withoutDuo } from './duo.ts'

export interface EnrollSentView {
  readonly csrf: string
  /** `email`, `sms` or `voice`. */
  readonly kind: string
  /** What may be set up in its place. */
  readonly kinds: readonly string[]
  /** Where the code goes; without it a phone number is asked for. */
  readonly to?: string | undefined
  readonly sent?: Sent | undefined
  /** What was typed as the number so far. */
  readonly phone?: string | undefined
  readonly now: Date
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  /** Organizations whose Duo is not for this person. */
  readonly withoutDuo?: readonly string[] | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Setting up a method whose code is sent: the address first, then the code that went there. */
export function enrollSentPage(view: EnrollSentView, words: Words = defaultWords): string {
  const { pages, sentCodes } = words
  const { csrf, kind, kinds, to, phone, now } = view
  const sent = stillGood(view.sent, now)
  const problem = view.problem && pages.explain(view.problem, { isSent: sent !== undefined })
  const isByPhone = kind !== 'email'
  const isTyping = problem?.field === 'phone'
  const number = html`<form method="post" action="/sign-in/answer">${csrfField(csrf)}
${field(
  {
    id: 'phone',
    label: sentCodes.number,
    autocomplete: 'tel',
    inputmode: 'tel',
    value: phone,
    hint: sentCodes.numberHint,
    error: problem?.field === 'phone' ? problem.advice : undefined,
    isFocused: to === undefined || isTyping,
    longest: 40,
  },
  words,
)}
${submit(sentCodes.send(kind))}
</form>`
  const prove = kind === 'voice' ? sentCodes.enroll.proveCall : sentCodes.enroll.proveText
  const otherNumber = html`<details${isTyping && html` open`}><summary>${sentCodes.otherNumber}</summary>${number}</details>`
  const body =
    to === undefined
      ? html`<h2>${sentCodes.enroll.numberTitle}</h2>${number}`
      : sent
        ? html`<p>${sentCodes.sent({ ...sent, to }, now)}</p>
${deliveryLine(sent, words)}
<form method="post" action="/sign-in/answer" data-submit-at-six>${csrfField(csrf)}
${sentCodeField(words, problem?.field === 'code' ? problem.advice : undefined)}
${submit(pages.enroll.button)}
</form>
<div class="links">${resendForm({ csrf, sent, now }, words)}${isByPhone && otherNumber}</div>`
        : html`<h2>${sentCodes.enroll.prove}</h2><p>${view.sent ? sentCodes.sent({ ...view.sent, to }, now) : prove(to)}</p>
${waysList(csrf, [{ kind, to }], words, true)}
${isByPhone && html`<div class="links">${otherNumber}</div>`}`
  const content = html`<h1>${pages.enroll.title}</h1>
${lead(`${sentCodes.method(kind)}: ${sentCodes.enroll.lead[kind] ?? ''}`, problem, problem?.field === undefined || (problem.field === 'code' && !sent))}
${because(view.requiredBy, words)}
${withoutDuo(view.withoutDuo, words)}
<div class="advice" role="note">${icons.warning}<div><p>${sentCodes.enroll.weaker[kind]}</p></div></div>
<section class="prove">${body}</section>
${otherMethods(csrf, kinds, kind, words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title: pages.enroll.title, content, words, hasProblem: problem !== undefined })
}
