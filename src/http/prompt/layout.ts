import type { PageLook } from '#flows/look.ts'
import { isolate } from '#words/bidi.ts'
import { type Words, wordsFor } from '#words/words.ts'
import { address, type Html, html, render, trustedMarkup } from './html.ts'

/** Two ticks: signed, and countersigned. */
const mark = trustedMarkup(
  '<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><rect class="mark-ground" width="24" height="24" rx="6"/><path class="mark-sign" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="m5 12.5 3 3 6-7M11.5 15.5l6-7"/></svg>',
)

/** The same mark for the tab, in the page itself: one request less, and no 404 for an icon nobody made. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' rx='6' fill='%231f5fd1'/%3E%3Cpath d='m5 12.5 3 3 6-7M11.5 15.5l6-7' fill='none' stroke='%23fff' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E"

const warning = trustedMarkup(
  '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false"><path fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" d="M10 7v4m0 3v.01M8.6 3.3 2 14.8A1.6 1.6 0 0 0 3.4 17h13.2a1.6 1.6 0 0 0 1.4-2.2L11.4 3.3a1.6 1.6 0 0 0-2.8 0Z"/></svg>',
)

const tick = trustedMarkup(
  '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false"><path fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" d="m6.5 10.2 2.4 2.4 4.6-5.2M18 10a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z"/></svg>',
)

export const icons = { warning, tick } as const

interface DocumentView {
  readonly title: string
  readonly content: Html
  readonly words: Words
  /** Whose page it is, above the card; the product's own name where no organization is known yet. */
  readonly organization?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
  readonly hasProblem?: boolean
  /** For lists rather than forms. */
  readonly isWide?: boolean
  /** The page has a form of passkeys, which take a script of their own. */
  readonly hasPasskeys?: boolean
  /** Where the page goes on to by itself. */
  readonly onward?: string
}

/** The frame of every page. Nothing in it depends on a script; the style sheets are all that rendering waits for. */
export function document({
  title,
  content,
  words,
  organization,
  support,
  look,
  hasProblem = false,
  isWide = false,
  hasPasskeys = false,
  onward,
}: DocumentView): string {
  const { pages, language } = words
  const name = look?.name || organization || pages.product
  return render(html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${
  onward !== undefined &&
  html`<meta http-equiv="refresh" content="${`0;url=${address(onward)}`}">
`
}<title>${hasProblem && `${pages.errorPrefix}: `}${title} · ${isolate(name)}</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/prompt.css">
${
  look?.accent &&
  html`<link rel="stylesheet" href="/assets/accent/${look.accent.slice(1)}">
`
}<script src="/assets/prompt.js" defer></script>${hasPasskeys && html`<script src="/assets/passkey.js" defer></script>`}
</head>
<body>
<header class="brand">${look?.logo ? html`<img class="logo" src="${address(look.logo)}" alt="">` : mark}<span class="brand-name" dir="auto">${name}</span></header>
<main class="card${isWide && ' card-wide'}">
${content}
</main>
${support && html`<footer class="foot"><p>${pages.support} ${supportLink(support)}</p></footer>\n`}</body>
</html>
`)
}

/** A contact is whatever the operator wrote: a mail address, a web address, or a phone number to read. */
function supportLink(support: string): Html {
  if (/^https?:\/\//i.test(support)) return html`<a href="${address(support)}">${support}</a>`
  if (/^[^\s@:/?&]+@[^\s@:/?&]+$/.test(support)) return html`<a href="mailto:${support}">${support}</a>`
  return html`<span>${support}</span>`
}

/** The default of the last parameter of every page. */
export const defaultWords: Words = wordsFor()
