import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { Problem } from '#domain/problem.ts'

/** Kinds of number that cost more than a call, or that belong to nobody. */
const refused = ['PREMIUM_RATE', 'SHARED_COST', 'TOLL_FREE', 'UAN', 'VOICEMAIL', 'PAGER']

/**
 * The one form in which a phone number is stored: E.164. What is typed must begin with the plus and the country code; spaces,
 * dashes and brackets do not matter.
 *
 * @throws {Problem} `invalid-phone`
 */
export function plainPhone(input: string): string {
  const number = parsePhoneNumberFromString(input.normalize('NFKC'), { extract: false })
  if (!number?.isValid() || number.ext !== undefined || refused.includes(number.getType() ?? '')) throw new Problem('invalid-phone')
  return number.number
}

/**
 * What the limits on sending go by: the country that answers for a number, and all of it but its last four digits. Undefined for a number
 * that costs more than a call, that belongs to nobody, or that belongs to no country, as a satellite's does.
 */
export function placeOf(number: string): { readonly country: string; readonly prefix: string } | undefined {
  const parsed = parsePhoneNumberFromString(number, { extract: false })
  if (!parsed?.isValid() || parsed.country === undefined || refused.includes(parsed.getType() ?? '')) return undefined
  return { country: parsed.country, prefix: parsed.number.slice(0, -4) }
}
