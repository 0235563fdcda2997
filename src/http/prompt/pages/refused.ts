import type { RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, lead } from '../form.ts'
import { html } from '../html.ts'
import { type AskedBy, defaultWords, document } from '../layout.ts'
import { askAdministratorForm } from './ask-administrator.ts'

export interface RefusedView {
  readonly csrf: string
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
  readonly askedBy?: AskedBy | undefined
}

/** Nothing that the person has left is enough: whom to ask, and no way past it. */
export function refusedPage(view: RefusedView, words: Words = defaultWords): string {
  const { refused } = words.sentCodes
  const content = html`<h1>${refused.title}</h1>
${lead(refused.lead)}
<p>${refused.text(view.requiredBy?.organization ?? view.organization)}</p>
${askAdministratorForm(view.csrf, view.requiredBy?.organization ?? view.organization, words)}
${because(view.requiredBy, words)}
${cancelForm(view.csrf, words)}`
  return document({ ...view, title: refused.title, content, words })
}
