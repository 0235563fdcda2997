import type { PasskeyOptions, RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, field, lead } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'
import { passkeyForm } from '../passkey-form.ts'
import { otherMethods } from '../ways.ts'

export interface EnrollPasskeyView {
  readonly csrf: string
  /** What the browser is asked; absent where passkeys cannot be used. */
  readonly passkey?: PasskeyOptions | undefined
  /** What may be set up in its place. */
  readonly kinds: readonly string[]
  readonly label?: string | undefined
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** Setting up a passkey or a security key: the browser leads through it. */
export function enrollPasskeyPage(view: EnrollPasskeyView, words: Words = defaultWords): string {
  const { pages, passkeys } = words
  const { csrf, passkey, kinds, label } = view
  const problem = view.problem && pages.explain(view.problem)
  const name = field(
    { id: 'label', label: passkeys.label, autocomplete: 'off', value: label, hint: passkeys.labelHint, isOptional: true, longest: 60 },
    words,
  )
  const content = html`<h1>${passkeys.title}</h1>
${lead(passkeys.enrollLead, problem, true)}
${because(view.requiredBy, words)}
<section class="prove"><p>${passkey ? passkeys.enrollText : passkeys.notHere}</p>
${passkey && passkeyForm({ csrf, options: passkey, does: 'create', action: '/sign-in/answer', button: passkeys.enrollButton, isMain: true, fields: name }, words)}
${passkey && html`<p class="quiet">${passkeys.second}</p>`}</section>
${otherMethods(csrf, kinds, 'passkey', words)}
${cancelForm(csrf, words)}`
  return document({ ...view, title: passkeys.title, content, words, hasProblem: problem !== undefined, hasPasskeys: true })
}
