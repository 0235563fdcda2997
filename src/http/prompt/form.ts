import type { RequiredBy } from '#contract/sign-in.ts'
import type { Explanation } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { attribute, flag, type Html, html } from './html.ts'
import { icons } from './layout.ts'

interface FieldView {
  /** Of the control and, where nothing else is said, of the form's value. */
  readonly id: string
  /** `false` for a control that is shown and not sent. */
  readonly name?: string | false
  readonly label: string
  readonly type?: 'text' | 'email' | 'password'
  readonly autocomplete: string
  readonly inputmode?: 'numeric' | 'text' | 'email' | 'tel'
  readonly value?: string | undefined
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly isReadonly?: boolean
  readonly isOptional?: boolean
  readonly isFocused?: boolean
  readonly isCode?: 'app' | 'backup-code'
  readonly longest?: number
}

/**
 * A labelled control with one note below it. The note is the hint, and becomes the error in the same place, so the form
 * does not move when something is wrong.
 */
export function field(view: FieldView, words: Words): Html {
  const { id, label, type = 'text', error, hint, isCode } = view
  const note = error ?? hint
  const { reveal, errorPrefix } = words.pages
  return html`<div class="field">
<label for="${id}">${label}</label>
<div class="control"><input id="${id}"${view.name === false ? null : attribute('name', view.name ?? id)} type="${type}" autocomplete="${view.autocomplete}"${attribute('inputmode', view.inputmode)}${attribute('value', view.value)}${attribute('maxlength', view.longest)}${attribute('aria-describedby', note && `${id}-note`)}${attribute('aria-invalid', error && 'true')}${isCode && html` class="code code-${isCode}" data-code="${isCode}" spellcheck="false" autocapitalize="characters"`}${type === 'text' && !isCode && html` dir="auto"`}${type === 'email' && html` spellcheck="false" autocapitalize="none"`}${flag('readonly', view.isReadonly === true)}${flag('required', view.isReadonly !== true && view.isOptional !== true)}${flag('autofocus', view.isFocused === true)}>${
    type === 'password' &&
    html`<button class="reveal scripted" type="button" data-reveal="${id}"><span data-show="${reveal.show}" data-hide="${reveal.hide}">${reveal.show}</span> <span class="unseen">${reveal.what}</span></button>`
  }</div>
<p class="note${error && ' note-error'}" id="${id}-note">${error && html`<span class="unseen">${errorPrefix}: </span>`}${note}</p>
</div>`
}

/** The PIN of AuthAnvil, where an organization lets its people type one. */
export function pinField(words: Words): Html {
  const { pin, pinHint } = words.authAnvil
  return field({ id: 'pin', label: pin, type: 'password', autocomplete: 'off', hint: pinHint, isOptional: true, longest: 32 }, words)
}

export function csrfField(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`
}

export function submit(label: string, isDangerous = false): Html {
  return html`<button class="button button-main${isDangerous && ' button-danger'}" type="submit">${label}</button>`
}

/** A form of its own, because a button that leaves must not need the fields to be filled. */
export function cancelForm(csrf: string, words: Words): Html {
  return html`<form class="leave" method="post" action="/sign-in/cancel">${csrfField(csrf)}<button class="button" type="submit">${words.pages.cancel}</button></form>`
}

/** The line below the heading. A problem takes its place and its height; `advice` stands here when no field can show it. */
export function lead(text: string, problem?: Explanation, hasAdvice = false): Html {
  if (!problem) return html`<div class="lead"><p>${text}</p></div>`
  return html`<div class="lead"><div class="alert" role="alert">${icons.warning}<div><p class="alert-title">${problem.title}</p>${hasAdvice && html`<p>${problem.advice}</p>`}</div></div></div>`
}

/** Why a second step is asked, in the words of the organization's rule. */
export function because(requiredBy: RequiredBy | undefined, words: Words): Html | undefined {
  return (
    requiredBy &&
    html`<p class="because"><strong>${words.pages.whyAsked}</strong> ${words.pages.because(requiredBy.rule, requiredBy.organization)}</p>`
  )
}

/** Where a set-up of the whole installation stands. */
export function progress(current: 1 | 2 | 3, words: Words): Html {
  const { steps, stepOf, progress: label } = words.pages.setUp
  return html`<nav class="progress" aria-label="${label}"><p class="unseen">${stepOf(current, steps.length)}</p><ol>${steps.map(
    (step, index) =>
      html`<li${attribute('aria-current', index + 1 === current ? 'step' : undefined)}${index + 1 < current && html` class="past"`}>${step}</li>`,
  )}</ol></nav>`
}
