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
