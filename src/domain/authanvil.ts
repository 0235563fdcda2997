/** Where the PIN stands in what is sent: nowhere, before the one-time password, behind it, or first before and then behind. */
export type PinOrder = 'none' | 'before' | 'behind' | 'both'

/** The PIN that AuthAnvil's users have unless it was configured otherwise. */
export const usualPin = '1111'

/** What an organization has set about its AuthAnvil. */
export interface AuthAnvilSettings {
  readonly isOn: boolean
  /** As {@link sasUrl} gives it. */
  readonly url: string
  readonly siteId: number
  readonly pin: string
  readonly pinOrder: PinOrder
  /** Whether people see a field for a PIN of their own. */
  readonly showsPin: boolean
}

/** What one person is known by, where that is not their mail address and the PIN of the organization. */
export interface AuthAnvilPerson {
  readonly userName?: string
  readonly pin?: string
}

/** What the service said of one answer. It counts for that answer and for no other. */
export interface Said {
  readonly answer: string
  readonly isRight: boolean
  /** Whose service it was. */
  readonly organizationId: string
  /** The PIN that was sent was typed by the person, so it is something that they know. */
  readonly hasTypedPin: boolean
}

/** A PIN as it may be stored or typed: none, or up to 32 characters that can be sent. */
export function isPin(text: string): boolean {
  return text === '' || (text.length <= 32 && fitsAuthAnvil(text) && text.trim() === text)
}

const mostLength = 128

/**
 * The address of the service out of what somebody pasted: a bare host, the folder, the page itself, or the address of its WSDL. What
 * is missing is completed to `/AuthAnvil/SAS.asmx`; capitals in a path are kept as they are. Undefined for what cannot be one:
 * anything but https, an address with a name and password in it, another page.
 *
 * @param mayBePlain also takes http, which the way out then opens only to hosts that the operator has listed
 */
export function sasUrl(pasted: string, mayBePlain = false): string | undefined {
  const text = pasted.trim().replace(/^<(.*)>$/, '$1')
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (/[\s\p{Cc}\\]/u.test(whole) || !URL.canParse(whole)) return undefined
  const url = new URL(whole)
  const isOpen = url.protocol === 'https:' || (mayBePlain && url.protocol === 'http:')
  if (!isOpen || url.username !== '' || url.password !== '' || url.hostname === '') return undefined
  const path = url.pathname.replace(/\/+$/, '')
  if (/\/sas\.asmx$/i.test(path)) return url.origin + path
  if (path === '') return `${url.origin}/AuthAnvil/SAS.asmx`
  return /\/authanvil$/i.test(path) ? `${url.origin}${path}/SAS.asmx` : undefined
}

/** The number of the site at AuthAnvil: whole, 1 with the hosted service. Undefined for what is none. */
export function sasSiteId(typed: string): number | undefined {
  const text = typed.trim()
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/**
 * Whether a text can be sent to AuthAnvil at all. Lengths are not judged beyond a limit: there are passwords of 6 and of 8 digits,
 * with PIN and without, and temporary passwords of any letters. What XML cannot carry is refused.
 */
export function fitsAuthAnvil(text: string): boolean {
  return text !== '' && text.length <= mostLength && text.isWellFormed() && !/[\p{Cc}\uFFFE\uFFFF]/u.test(text)
}

/**
 * What to send for a one-time password, in this order; the second only after a clear "wrong" to the first. However many there are,
 * it is one attempt of one person.
 */
export function sasPasscodes(password: string, pin: string, order: PinOrder): readonly string[] {
  const [before, behind] = [pin + password, password + pin]
  if (order === 'none' || pin === '') return [password]
  if (order === 'both') return before === behind ? [before] : [before, behind]
  return [order === 'before' ? before : behind]
}
