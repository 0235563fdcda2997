import { fitsAuthAnvil, type PinOrder, sasPasscodes } from '#domain/authanvil.ts'
import { type Answer, type Ask, Failure, outside } from '../outside.ts'
import { readWsdl, type Sas } from './wsdl.ts'
import { childrenOf, type Element, readXml, xmlText } from './xml.ts'

export interface AuthAnvilOptions {
  readonly ask: Ask
  /** The configured address, as `sasUrl` gives it. Whatever the service says, nothing is ever sent elsewhere. */
  readonly url: string
  readonly siteId: number
}

export interface AuthAnvil {
  /** Asks the service how it wants to be asked. */
  discover(): Promise<Sas>
  /** Whether it answers at all: its version, where it tells one. Nobody's attempt is spent. */
  alive(sas: Sas): Promise<string | undefined>
  /**
   * Whether a one-time password is right. `sent` is how many questions that took: with the PIN order `both` a clear "wrong" is
   * followed by one more. For the person it is one attempt.
   *
   * @throws {RangeError} when name or password cannot be sent at all; see `fitsAuthAnvil`
   */
  authenticate(sas: Sas, attempt: AuthAnvilAttempt): Promise<{ readonly answer: 'right' | 'wrong'; readonly sent: number }>
}

export interface AuthAnvilAttempt {
  readonly userName: string
  readonly password: string
  readonly pin: string
  readonly pinOrder: PinOrder
  /** How long it may take; more than a minute where the person answers a push on the phone meanwhile. */
  readonly milliseconds?: number
}

const envelopes = { '1.1': 'http://schemas.xmlsoap.org/soap/envelope/', '1.2': 'http://www.w3.org/2003/05/soap-envelope' } as const
const usualMilliseconds = 10_000
const mostWsdlBytes = 256 * 1024
const mostBytes = 64 * 1024
/** "Always 1", says the vendor. */
const tokenType = '1'

/**
 * AuthAnvil's Strong Authentication Server. A wrong password is an answer; everything else that is not a clear yes is a
 * {@link Failure}, thrown by every method, and lets nobody in.
 */
export function authAnvil({ ask, url, siteId }: AuthAnvilOptions): AuthAnvil {
  const get = outside(ask)

  const call = async (sas: Sas, method: string, action: string, inside: string, milliseconds: number): Promise<Element> => {
    const isOld = sas.soap === '1.1'
    const [start, end] = sas.isQualified
      ? [`${method} xmlns="${xmlText(sas.namespace)}"`, method]
      : [`call:${method} xmlns:call="${xmlText(sas.namespace)}"`, `call:${method}`]
    const answer = await get(url, {
      method: 'POST',
      headers: isOld
        ? { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${headerText(action)}"` }
        : { 'content-type': `application/soap+xml; charset=utf-8; action="${headerText(action)}"` },
      body: `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${envelopes[sas.soap]}"><soap:Body><${start}>${inside}</${end}></soap:Body></soap:Envelope>`,
      milliseconds,
      mostBytes,
    })
    return responseIn(answer, sas, method)
  }

  return {
    discover: async () => {
      const { status, text } = await get(`${url}?wsdl`, { method: 'GET', milliseconds: usualMilliseconds, mostBytes: mostWsdlBytes })
      if (status === 429) throw new Failure('rate', `status ${status}`)
      if (status >= 500) throw new Failure('outage', `status ${status}`)
      if (status !== 200) throw new Failure('not-it', `status ${status}`)
      return readWsdl(text)
    },
    alive: async (sas) => {
      if (!sas.version) return undefined
      const { method, action } = sas.version
      return resultIn(await call(sas, method, action, '', usualMilliseconds), sas, method).slice(0, 100)
    },
    authenticate: async (sas, { userName, password, pin, pinOrder, milliseconds = usualMilliseconds }) => {
      const passcodes = sasPasscodes(password, pin, pinOrder)
      if (![userName, password, ...passcodes].every(fitsAuthAnvil)) throw new RangeError('This cannot be sent to AuthAnvil')
      const { method, action, elements } = sas.authenticate
      let sent = 0
      for (const passcode of passcodes) {
        const values = { username: userName, passcode, tokentype: tokenType, siteid: String(siteId) }
        const inside = elements.map(({ name, means }) => `<${name}>${xmlText(values[means])}</${name}>`).join('')
        sent++
        const result = resultIn(await call(sas, method, action, inside, milliseconds), sas, method)
        if (result === 'true') return { answer: 'right', sent }
        if (result !== 'false') throw new Failure('reply', 'neither true nor false')
      }
      return { answer: 'wrong', sent }
    },
  }
}

/** An action comes from a stranger's document and goes into a header. */
const headerText = (action: string) => action.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, '')

const single = <T>(list: readonly T[], what: string): T => {
  const [one, ...more] = list
  if (one === undefined || more.length > 0) throw new Failure('reply', `there is no single ${what}`)
  return one
}

/** The response element, where it must stand: the only child of the only body of an envelope of the version that was asked in. */
function responseIn({ status, text }: Answer, sas: Sas, method: string): Element {
  const uri = envelopes[sas.soap]
  if (status === 429) throw new Failure('rate', `status ${status}`)
  if (status !== 200 && status !== 500) throw new Failure(status > 500 ? 'outage' : 'not-it', `status ${status}`)
  const envelope = status === 200 ? readXml(text) : faultOnly(text)
  if (envelope.uri !== uri || envelope.local !== 'Envelope')
    throw new Failure('not-it', 'no SOAP envelope of the version that was asked in')
  const body = single(childrenOf(envelope, uri, 'Body'), 'body')
  if (envelope.children.at(-1) !== body) throw new Failure('reply', 'something follows the body')
  const response = single(body.children, 'response')
  if (response.uri === uri && response.local === 'Fault') throw faultOf(response)
  if (status !== 200) throw new Failure('outage', `status ${status}`)
  if (response.uri !== sas.namespace || response.local !== `${method}Response`) throw new Failure('reply', 'a response to another question')
  return response
}

/** The document that came with a status of 500, which may be a page that is no XML. */
function faultOnly(text: string): Element {
  try {
    return readXml(text)
  } catch {
    throw new Failure('outage', 'status 500')
  }
}

function resultIn(response: Element, sas: Sas, method: string): string {
  const result = single(response.children, 'result')
  const uri = sas.isQualified ? sas.namespace : ''
  if (result.uri !== uri || result.local !== `${method}Result` || !result.isPlain) throw new Failure('reply', 'a result of another form')
  return result.text
}

/** A fault says whose it is: that of the question is a matter of the settings, any other is an outage. */
function faultOf(fault: Element): Failure {
  const textsOf = (element: Element): string => element.text + element.children.map(textsOf).join(' ')
  const at = (...names: readonly string[]) => fault.children.filter(({ local }) => names.includes(local)).map(textsOf)
  const code = at('faultcode', 'Code').join(' ')
  const said = at('faultstring', 'Reason').join(' ').replace(/\s+/g, ' ').trim().slice(0, 200)
  return new Failure(/\b(?:Client|Sender)\b/.test(code) ? 'request' : 'outage', said)
}
