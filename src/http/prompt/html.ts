import { escapeMarkup } from '#words/markup.ts'

const trusted: unique symbol = Symbol('markup')

/** Markup that is safe to send. Only {@link html} and {@link trustedMarkup} make it; no value out of a request can be one. */
export interface Html {
  readonly [trusted]: string
}

/** What may stand in a template. `false`, `null` and `undefined` leave nothing, so `condition && html…` reads well. */
export type Hole = Html | string | number | false | null | undefined | readonly Hole[]

const checked = new WeakSet<TemplateStringsArray>()

function check(strings: TemplateStringsArray): void {
  if (checked.has(strings)) return
  let text = ''
  for (const part of strings.slice(0, -1)) {
    text += part
    if (/<[^>]*=\s*$/.test(text)) throw new TypeError(`Quote the attribute: ${text.slice(-40)}`)
    if (/<(script|style)\b[^>]*>[^<]*$/i.test(text)) throw new TypeError('Nothing is written into a script or a style.')
    text += 'hole'
  }
  checked.add(strings)
}

function written(hole: Hole): string {
  if (hole === null || hole === undefined || hole === false) return ''
  if (typeof hole === 'string') return escapeMarkup(hole)
  if (typeof hole === 'number') return String(hole)
  if (isList(hole)) return hole.map(written).join('')
  const markup = hole[trusted]
  if (typeof markup !== 'string') throw new TypeError('Only text, numbers and markup can stand in a page.')
  return markup
}

// `Array.isArray` does not narrow a readonly array.
const isList = (hole: Html | readonly Hole[]): hole is readonly Hole[] => Array.isArray(hole)

/**
 * Markup with every hole escaped. It holds between tags and in quoted attributes; the first use of a template refuses a
 * hole in an unquoted attribute and one inside a script or a style.
 */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  check(strings)
  return { [trusted]: strings.reduce((before, text, index) => before + written(holes[index - 1]) + text) }
}

/** Vouches for markup that was made elsewhere, such as the drawing of a QR code. Never for anything out of a request. */
export function trustedMarkup(markup: string): Html {
  return { [trusted]: markup }
}

/** The text to send. */
export function render(page: Html): string {
  return page[trusted]
}

/** An attribute without a value, such as `required`, with its leading space; or nothing. */
export function flag(name: string, isSet: boolean): Html | false {
  return isSet && trustedMarkup(` ${name}`)
}

/** An attribute with a value and its leading space; or nothing where there is no value. */
export function attribute(name: string, value: string | number | undefined): Html | false {
  return value !== undefined && trustedMarkup(` ${name}="${escapeMarkup(String(value))}"`)
}

/**
 * An address that a link may carry: a path of ours, a web or mail address, or the `otpauth:` address of an authenticator.
 * Everything else, `javascript:` and `//elsewhere` above all, becomes the start page.
 */
export function address(value: string): string {
  // Browsers take tabs and line breaks out of an address and read a backslash as a slash, so both are refused.
  if (/[\p{Cc}\\]/u.test(value)) return '/'
  return /^(\/(?!\/)|https?:\/\/|mailto:|otpauth:\/\/)/i.test(value) ? value : '/'
}
