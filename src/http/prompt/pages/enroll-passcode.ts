import type { RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, pinField, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'
import { otherMethods } from '../ways.ts'
import { withoutDuo } from './duo.ts'

export interface EnrollPasscodeView {
  readonly csrf: string
  /** What may be set up in its place. */
  readonly kinds: readonly string[]
  readonly asksPin?: true | undefined
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  /** Organizations whose Duo is not for this person. */
  readonly withoutDuo?: readonly string[] | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Setting up AuthAnvil: there is nothing to take over, the first passcode that it takes is the set-up. */
export function enrollPasscodePage(view: EnrollPasscodeView, words: Words = defaultWords): string {
  const { pages, authAnvil } = words
  const { csrf, kinds, asksPin } = view
  const problem = view.problem && pages.explain(view.problem, { isAuthAnvil: true })
  const isOfCode = problem?.field === 'code'
  const content = html`<h1>${pages.enroll.title}</h1>
${lead(authAnvil.enrollLead, problem, !isOfCode)}
${because(view.requiredBy, words)}
${withoutDuo(view.withoutDuo, words)}
<section class="prove"><p>${authAnvil.enrollText}</p>
<form method="post" action="/sign-in/answer">${csrfField(csrf)}
${field(
  {
    id: 'code',
    label: pages.fields.code,
    autocomplete: 'one-time-code',
    inputmode: 'text',
    isCode: 'app',
    hint: authAnvil.hint,
    error: isOfCode ? problem.advice : undefined,
    isFocused: true,
    longest: 128,
  },
  words,
)}
${asksPin === true && pinField(words)}
${submit(pages.enroll.button)}
</form></section>
${otherMethods(csrf, kinds, 'authanvil', words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title: pages.enroll.title, content, words, hasProblem: problem !== undefined })
}
