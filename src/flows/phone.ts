import { Problem } from '#domain/problem.ts'

/** Loaded with the first number: it knows every country's. */
async function parsed(input: string) {
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/max')
  return parsePhoneNumberFromString(input, { extract: false })
}

/** Kinds of number that cost more than a call, or that belong to nobody. */
const refused = ['PREMIUM_RATE', 'SHARED_COST', 'TOLL_FREE', 'UAN', 'VOICEMAIL', 'PAGER']

/**
 * The one form in which a phone number is stored: E.164. What is typed must begin with the plus and the country code; spaces,
 * dashes and brackets do not matter.
 *
 * @throws {Problem} `invalid-phone`
 */
export async function plainPhone(input: string): Promise<string> {
  const number = await parsed(input.normalize('NFKC'))
  if (!number?.isValid() || number.ext !== undefined || refused.includes(number.getType() ?? '')) throw new Problem('invalid-phone')
  return number.number
}

/**
 * What the limits on sending go by: the country that answers for a number, and all of it but its last four digits. Undefined for a number
 * that costs more than a call, that belongs to nobody, or that belongs to no country, as a satellite's does.
 */
export async function placeOf(number: string): Promise<{ readonly country: string; readonly prefix: string } | undefined> {
  const read = await parsed(number)
  if (!read?.isValid() || read.country === undefined || refused.includes(read.getType() ?? '')) return undefined
  return { country: read.country, prefix: read.number.slice(0, -4) }
}
