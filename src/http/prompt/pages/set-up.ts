import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { csrfField, field, lead, progress, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'

export type SetUpField = 'organizationName' | 'name' | 'email' | 'password'

export interface SetUpView {
  readonly csrf: string
  /** From the address that was printed when the server started for the first time. */
  readonly token: string
  /** What was typed before, without the password. */
  readonly values?: Readonly<Partial<Record<Exclude<SetUpField, 'password'>, string>>> | undefined
  /** By field; `form` is what is about none of them. */
  readonly problems?: Readonly<Partial<Record<SetUpField | 'form', PageProblem>>> | undefined
  readonly minLength?: number | undefined
}

const order: readonly SetUpField[] = ['organizationName', 'name', 'email', 'password']

/** The first page of a new installation: one of three steps, the other two being the pages of every set-up. */
export function setUpPage(view: SetUpView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, token, values = {}, problems = {}, minLength = 15 } = view
  const explained = (name: SetUpField) => {
    const problem = problems[name]
    if (!problem) return undefined
    return (name === 'organizationName' || name === 'name') && problem.code === 'malformed'
      ? pages.setUp.missing[name]
      : pages.explain({ minLength, ...problem })
  }
  const wrong = order.flatMap((name) => {
    const explanation = explained(name)
    return explanation ? [{ name, ...explanation }] : []
  })
  const firstWrong = wrong[0]?.name
  const general = problems.form && pages.explain(problems.form)
  const text = (name: Exclude<SetUpField, 'password'>, autocomplete: string, longest: number, hint?: string) =>
    field(
      {
        id: name,
        label: pages.fields[name],
        type: name === 'email' ? 'email' : 'text',
        autocomplete,
        value: values[name],
        hint,
        error: explained(name)?.advice,
        isFocused: firstWrong ? firstWrong === name : name === 'organizationName',
        longest,
      },
      words,
    )
  const summary =
    wrong.length > 0 &&
    html`<div class="lead"><div class="alert" role="alert">${icons.warning}<div><p class="alert-title">${pages.setUp.problems}</p><ul>${wrong.map(({ name, title }) => html`<li><a href="#${name}">${title}</a></li>`)}</ul></div></div></div>`
  const content = html`${progress(1, words)}<h1>${pages.setUp.title}</h1>
${summary || lead(pages.setUp.lead, general, true)}
<form method="post" action="/setup">${csrfField(csrf)}<input type="hidden" name="token" value="${token}">
${text('organizationName', 'organization', 120, pages.setUp.organizationHint)}
${text('name', 'name', 120)}
${text('email', 'username', 320, pages.setUp.emailHint)}
${field(
  {
    id: 'password',
    label: pages.fields.password,
    type: 'password',
    autocomplete: 'new-password',
    hint: pages.passwordHint(minLength),
    error: explained('password')?.advice,
    isFocused: firstWrong === 'password',
    longest: 1024,
  },
  words,
)}
${submit(pages.setUp.button)}
</form>`
  return document({ title: pages.setUp.title, content, words, hasProblem: wrong.length > 0 || general !== undefined })
}
