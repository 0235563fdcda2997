import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface ForgotPasswordView {
  readonly csrf: string
  readonly email?: string | undefined
  readonly problem?: PageProblem | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

export function forgotPasswordPage(view: ForgotPasswordView, words: Words = defaultWords): string {
  const { pages } = words
  const problem = view.problem && pages.explain(view.problem)
  const content = html`<h1>${pages.forgot.title}</h1>
${lead(pages.forgot.lead, problem, problem?.field !== 'email')}
<form method="post" action="/forgot-password">${csrfField(view.csrf)}
${field(
  {
    id: 'email',
    label: pages.fields.email,
    type: 'email',
    autocomplete: 'username',
    value: view.email,
    error: problem?.field === 'email' ? problem.advice : undefined,
    isFocused: true,
    longest: 320,
  },
  words,
)}
${submit(pages.forgot.button)}
</form>
<p class="links"><a href="/sign-in">${pages.forgot.back}</a></p>`
  return document({ title: pages.forgot.title, content, words, support: view.support, look: view.look, hasProblem: problem !== undefined })
}

export interface ForgotPasswordSentView {
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** The same answer for every email, whether there is an account or not; so it repeats nothing that was typed. */
export function forgotPasswordSentPage(view: ForgotPasswordSentView = {}, words: Words = defaultWords): string {
  const { pages } = words
  const content = html`<h1>${pages.forgot.sentTitle}</h1>
<div class="lead"><p>${pages.forgot.sent}</p></div>
<p class="quiet">${pages.forgot.sentAdvice}</p>
<a class="button button-main" href="/sign-in">${pages.forgot.back}</a>
<p class="links"><a href="/forgot-password">${pages.forgot.again}</a></p>`
  return document({ title: pages.forgot.sentTitle, content, words, support: view.support, look: view.look })
}
