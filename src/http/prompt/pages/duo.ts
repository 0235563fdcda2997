import type { DuoView } from '#contract/sign-in.ts'
import type { Words } from '#words/words.ts'
import { csrfField } from '../form.ts'
import { flag, type Html, html } from '../html.ts'

export interface DuoFormView {
  readonly csrf: string
  /** For how many days this device may be remembered; without it the box is not there. */
  readonly rememberDays?: number | undefined
  readonly remember?: boolean | undefined
  /** The first thing on the page: what Enter does. */
  readonly isMain: boolean
  /** Beside the way to Duo's own page, a button that makes the phone ring from here. */
  readonly pushes?: boolean
}

/** The way to Duo's own page. A form like every other, so that it needs no script; the reply to it leads there. */
export function duoForm({ csrf, rememberDays, remember, isMain, pushes = false }: DuoFormView, words: Words): Html {
  return html`<form class="duo" method="post" action="/sign-in/answer">${csrfField(csrf)}${
    rememberDays !== undefined &&
    html`<label class="tick"><input type="checkbox" name="remember" value="yes"${flag('checked', remember === true)}> <span>${words.pages.answer.remember(rememberDays)}</span></label>`
  }<button class="button${isMain && ' button-main'}" type="submit" name="open" value="duo"${flag('autofocus', isMain)}>${words.duo.button}</button>${
    pushes && html`<button class="button" type="submit" name="send" value="duo">${words.duoPush.send}</button>`
  }</form>`
}

/** Where forms of a page may lead: to the Duo that the step names, which leads on to other hosts of its own. */
export function duoTargets(duo: DuoView | undefined): readonly string[] {
  if (!duo) return []
  const family = /\.(duosecurity\.com|duofederal\.com)$/.exec(duo.host)?.[1]
  return [`https://${duo.host}`, ...(family === undefined ? [] : [`https://*.${family}`])]
}

/** Why the Duo of some organizations is not among the ways: it is for people of one organization. */
export function withoutDuo(organizations: readonly string[] | undefined, words: Words, isAskedOnceMore = false): Html | undefined {
  if (!organizations || organizations.length === 0) return undefined
  const { without, withoutSoon } = words.duo
  return html`<p class="because without-duo">${isAskedOnceMore ? withoutSoon(organizations) : without(organizations)}</p>`
}
