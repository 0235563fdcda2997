import { asName, oneLine } from '../markup.ts'

/** What texts and calls say. The templates share their names with those of the mails; each takes `code`, and `organization` if it is known. */
const needs: Readonly<Record<string, readonly string[]>> = { 'sign-in-code': ['code'] }

function required(kind: string, template: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.hasOwn(needs, template) ? needs[template] : undefined
  if (!names) throw new TypeError(`There is no ${kind} called "${oneLine(template, 40)}".`)
  const missing = names.filter((name) => typeof values[name] !== 'string')
  if (missing.length > 0) throw new TypeError(`The ${kind} "${template}" lacks ${missing.join(', ')}.`)
  return values
}

/**
 * A text message. Where the host of the page is known, the last line binds the code to it, so that phones offer it there and nowhere else.
 *
 * @throws {TypeError} when the template is unknown or a value is missing; the message names it and quotes no value
 */
export function textFromQueue(template: string, values: Readonly<Record<string, string>>): string {
  const { code, organization, host } = required('text', template, values)
  const text = `${code} is your code for ${oneLine(asName(organization || 'Countersign'), 40)}. Give it to nobody.`
  return host === undefined ? text : `${text}\n\n@${host} #${code}`
}

/**
 * What a call says after a key was pressed. The gateway speaks it twice, and digits one by one.
 *
 * @throws {TypeError} as {@link textFromQueue}
 */
export function callFromQueue(template: string, values: Readonly<Record<string, string>>): string {
  const { code } = required('call', template, values)
  return `Your code is: ${code}.`
}
