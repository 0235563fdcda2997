import { isolate } from './bidi.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' }

/** Makes text safe between tags and inside quoted attributes. Every page and every mail escapes with this one function. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => entities[character] ?? '')
}

/**
 * One line of plain text: control characters, line breaks and the invisible characters that turn or hide text become one
 * space, so a name can neither add a header to a mail nor pretend to be another sentence.
 */
export function oneLine(text: string, longest = 200): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\s]+/gu, ' ').trim()
  const characters = [...line]
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line
}

/**
 * A name as mails show it. Mail programs turn whatever looks like an address into a link, in plain text too; a space after
 * each inner dot, colon-slash and at sign keeps "Claim your prize at evil.example" from becoming one.
 */
export function asName(text: string): string {
  const name = oneLine(text, 120)
    .replace(/[.。．｡](?=[\p{L}\p{N}])/gu, '. ')
    .replace(/:(?=[/\\])/g, ': ')
    .replace(/\/(?=\/)/g, '/ ')
    .replace(/@(?=\S)/g, '@ ')
  return isolate(name)
}
