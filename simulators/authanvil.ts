import { declaration, envelopes, readCall, type SoapVersion, xml } from './authanvil/soap.ts'
import { describe } from './authanvil/wsdl.ts'
import { button, page, seeOther } from './html.ts'
import { type Asked, type Reply, type Server, startServer, type TransportFault, transportFaults } from './server.ts'

/**
 * How AuthAnvil can misbehave beyond what every server can: `fault` is the failure of an ASMX page (500), the next ones are answers
 * that look like a yes to a careless reader, and from `dtd` on they are made to hurt whoever parses them.
 */
export const answerFaults = [
  'fault',
  'true-in-comment',
  'true-in-cdata',
  'true-around-cdata',
  'true-in-fault',
  'true-in-header',
  'true-twice',
  'true-and-false',
  'true-nested',
  'true-attribute',
  'true-other-namespace',
  'response-other-namespace',
  'result-other-namespace',
  'true-other-element',
  'true-outside-body',
  'two-bodies',
  'capital-true',
  'one',
  'padded-true',
  'other-soap-version',
  'no-result',
  'truncated',
  'status-500-true',
  'dtd',
  'xxe',
  'entity-bomb',
  'undefined-entity',
  'deep',
  'many-elements',
  'processing-instruction',
  'bad-characters',
  'utf-16',
] as const
export type AuthAnvilFault = TransportFault | (typeof answerFaults)[number] | 'wsdl-dtd' | 'wsdl-elsewhere' | 'wsdl-other-product'
export const authAnvilFaults: readonly AuthAnvilFault[] = [
  ...transportFaults,
  ...answerFaults,
  'wsdl-dtd',
  'wsdl-elsewhere',
  'wsdl-other-product',
]

export interface AuthAnvilOptions {
  readonly port?: number
  readonly certificate?: 'right' | 'other-host' | 'expired'
  /** The namespace of the service, as ASMX has it if nobody sets one. */
  readonly namespace?: string
  /** How the third element of the call is spelled. */
  readonly spelling?: 'Tokentype' | 'TokenType'
  readonly versions?: readonly SoapVersion[]
  /** Where the service lies. */
  readonly path?: string
  /** Whether there is a method `Version` to ask whether it lives. */
  readonly hasVersion?: boolean
}

/** A user of AuthAnvil. A passcode is right if it is the one-time password with the PIN where this server wants it. */
export interface AuthAnvilUser {
  readonly name: string
  readonly siteId: number
  readonly pin: string
  /** `ignored` is what the hosted service does: it takes the one-time password with a PIN before it, behind it, or without. */
  readonly pinPlace: 'before' | 'behind' | 'ignored' | 'none'
  /** The one-time passwords that are good, each once. */
  readonly passwords: string[]
}

/** One call as it arrived, after the XML was read. */
export interface Call {
  readonly method: string
  readonly soap: SoapVersion
  readonly values: Readonly<Record<string, string>>
  readonly wasRight: boolean
}

export interface AuthAnvilSimulator extends Server<AuthAnvilFault> {
  /** What an administrator enters as "AuthAnvil SAS URL". */
  readonly sasUrl: string
  readonly calls: readonly Call[]
  addUser(user: Partial<AuthAnvilUser> & { readonly name: string }): AuthAnvilUser
}

/**
 * AuthAnvil's Strong Authentication Server on loopback: an ASMX page with its WSDL, both versions of SOAP, either spelling of the
 * third element and any namespace. As ASMX does, it reads names by case, ignores elements it does not know, and takes 0 for a number
 * that is missing.
 */
export async function start(options: AuthAnvilOptions = {}): Promise<AuthAnvilSimulator> {
  const { namespace = 'http://tempuri.org/', spelling = 'Tokentype', versions = ['1.1', '1.2'], hasVersion = true } = options
  const path = options.path ?? '/AuthAnvil/SAS.asmx'
  const users: AuthAnvilUser[] = []
  const calls: Call[] = []
  const action = (method: string) => (namespace.endsWith('/') ? `${namespace}${method}` : `${namespace}/${method}`)

  const judge = (values: Readonly<Record<string, string>>): boolean => {
    const { Username: name = '', Passcode: passcode = '' } = values
    const [type, site] = [Number(values[spelling] ?? 0), Number(values.SiteID ?? 0)]
    const user = users.find((one) => one.name.toLowerCase() === name.toLowerCase() && one.siteId === site)
    if (!user || type !== 1) return false
    const { pin, pinPlace, passwords } = user
    const accepts = (password: string) =>
      ({
        before: [pin + password],
        behind: [password + pin],
        none: [password],
        ignored: [password, pin + password, password + pin],
      })[pinPlace].includes(passcode)
    const place = passwords.findIndex(accepts)
    if (place >= 0) passwords.splice(place, 1)
    return place >= 0
  }

  const wrap = (soap: SoapVersion, body: string, header = '', status = 200): Reply => ({
    status,
    type: soap === '1.1' ? 'text/xml; charset=utf-8' : 'application/soap+xml; charset=utf-8',
    body: `${declaration}<soap:Envelope xmlns:soap="${envelopes[soap]}">${header}<soap:Body>${body}</soap:Body></soap:Envelope>`,
  })
  const result = (inside: string, method = 'Authenticate') =>
    `<${method}Response xmlns="${xml(namespace)}"><${method}Result>${inside}</${method}Result></${method}Response>`
  const fault = (soap: SoapVersion, side: 'client' | 'server', text: string, detail = ''): Reply =>
    soap === '1.1'
      ? wrap(
          soap,
          `<soap:Fault><faultcode>soap:${side === 'server' ? 'Server' : 'Client'}</faultcode><faultstring>${xml(text)}</faultstring><detail>${detail}</detail></soap:Fault>`,
          '',
          500,
        )
      : wrap(
          soap,
          `<soap:Fault><soap:Code><soap:Value>soap:${side === 'server' ? 'Receiver' : 'Sender'}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">${xml(text)}</soap:Text></soap:Reason><soap:Detail>${detail}</soap:Detail></soap:Fault>`,
          '',
          500,
        )

  const serve = (asked: Asked): Reply => {
    const soap: SoapVersion = (asked.headers['content-type'] ?? '').startsWith('application/soap+xml') ? '1.2' : '1.1'
    const called = readCall(asked.body)
    const given =
      soap === '1.1' ? asked.headers.soapaction?.replace(/^"|"$/g, '') : /action="([^"]*)"/.exec(asked.headers['content-type'] ?? '')?.[1]
    if (!called || called.envelope !== envelopes[soap]) return fault(soap, 'client', 'Server was unable to read request.')
    if (!versions.includes(soap)) return { status: 415, type: 'text/plain', body: '' }
    if (called.namespace !== namespace || given !== action(called.method))
      return fault(soap, 'client', `Server did not recognize the value of HTTP Header SOAPAction: ${given ?? ''}.`)
    const wasRight = called.method === 'Authenticate' && judge(called.values)
    calls.push({ method: called.method, soap, values: called.values, wasRight })
    if (called.method === 'Version' && hasVersion) return wrap(soap, result('5.6.0 (simulated)', 'Version'))
    if (called.method !== 'Authenticate') return fault(soap, 'client', 'Server did not recognize the method.')
    return wrap(soap, result(String(wasRight)))
  }

  const wsdl = (asked: Asked): string =>
    describe({ namespace, spelling, versions, hasVersion, action, address: `http://as-internal.local${asked.path}` })
  const isWsdl = ({ method, query }: Asked) => method === 'GET' && [...query.keys()].some((name) => name.toLowerCase() === 'wsdl')
  const handle = (asked: Asked): Reply => {
    if (asked.path === '/') return control(asked)
    // ASP.NET knows no case in paths.
    if (asked.path.toLowerCase() !== path.toLowerCase())
      return { status: 404, type: 'text/html', body: '<html><body>Not Found</body></html>' }
    if (isWsdl(asked)) return { status: 200, type: 'text/xml; charset=utf-8', body: wsdl(asked) }
    if (asked.method !== 'POST') return page('TokenValidator', '<p>The following operations are supported.</p>')
    return serve(asked)
  }
  const control = ({ method, form }: Asked): Reply => {
    if (method !== 'POST') {
      const faults = authAnvilFaults.map((one) => button('/', one, { fault: one }))
      return page('Simulated AuthAnvil', `${button('/', 'Behave', {})}<h2>Misbehave</h2>${faults.join('')}`)
    }
    const chosen = authAnvilFaults.find((one) => one === form.get('fault'))
    if (chosen) server.misbehave(chosen)
    else server.behave()
    return seeOther('/')
  }

  const soapOf = (asked: Asked): SoapVersion => ((asked.headers['content-type'] ?? '').startsWith('application/soap+xml') ? '1.2' : '1.1')
  const yes = result('true')
  const withBody = (body: string) => (asked: Asked) => wrap(soapOf(asked), body)
  const withXml = (write: (soap: SoapVersion) => string) => (asked: Asked) => {
    const soap = soapOf(asked)
    return { ...wrap(soap, ''), body: write(soap) }
  }
  const withDoctype = (doctype: string, inside: string) =>
    withXml((soap) => String(wrap(soap, result(inside)).body).replace(declaration, `${declaration}${doctype}`))
  const bomb = Array.from({ length: 12 }, (_, level) => `<!ENTITY a${level + 1} "${`&a${level};`.repeat(10)}">`).join('')
  const answers: Readonly<Record<(typeof answerFaults)[number], (asked: Asked) => Reply>> = {
    fault: (asked) => fault(soapOf(asked), 'server', 'Server was unable to process request. ---> The database is away.'),
    'true-in-comment': withBody(result('false<!-- true -->')),
    'true-in-cdata': withBody(result('<![CDATA[true]]>')),
    'true-around-cdata': withBody(result('tr<![CDATA[ not ]]>ue')),
    'true-in-fault': (asked) => ({ ...fault(soapOf(asked), 'server', 'true', yes), status: 200 }),
    'true-in-header': (asked) => wrap(soapOf(asked), result('false'), `<soap:Header>${yes}</soap:Header>`),
    'true-twice': withBody(yes + yes),
    'true-and-false': withBody(
      yes.replace('</AuthenticateResponse>', '<AuthenticateResult>false</AuthenticateResult></AuthenticateResponse>'),
    ),
    'true-nested': withBody(result('<AuthenticateResult>true</AuthenticateResult>')),
    'true-attribute': withBody(result('').replace('<AuthenticateResult>', '<AuthenticateResult value="true">')),
    'true-other-namespace': withBody(yes.replace(xml(namespace), 'http://elsewhere.example/')),
    'response-other-namespace': withBody(
      yes
        .replace('<AuthenticateResponse ', '<x:AuthenticateResponse xmlns:x="http://elsewhere.example/" ')
        .replace('</AuthenticateResponse>', '</x:AuthenticateResponse>'),
    ),
    'result-other-namespace': withBody(yes.replace('<AuthenticateResult>', '<AuthenticateResult xmlns="http://elsewhere.example/">')),
    'true-other-element': withBody(yes.replaceAll('AuthenticateResult', 'authenticateResult')),
    'true-outside-body': withXml((soap) => String(wrap(soap, result('false')).body).replace('</soap:Body>', `</soap:Body>${yes}`)),
    'two-bodies': withXml((soap) =>
      String(wrap(soap, result('false')).body).replace('</soap:Body>', `</soap:Body><soap:Body>${yes}</soap:Body>`),
    ),
    'capital-true': withBody(result('TRUE')),
    one: withBody(result('1')),
    'padded-true': withBody(result(' true ')),
    'other-soap-version': (asked) => wrap(soapOf(asked) === '1.1' ? '1.2' : '1.1', yes),
    'no-result': withBody(`<AuthenticateResponse xmlns="${xml(namespace)}" />`),
    truncated: withXml((soap) => String(wrap(soap, yes).body).replace('</soap:Body></soap:Envelope>', '')),
    'status-500-true': (asked) => wrap(soapOf(asked), yes, '', 500),
    dtd: withDoctype('<!DOCTYPE Envelope>', 'true'),
    xxe: withDoctype('<!DOCTYPE Envelope [<!ENTITY yes SYSTEM "file:///etc/hostname">]>', '&yes;'),
    'entity-bomb': withDoctype(`<!DOCTYPE Envelope [<!ENTITY a0 "true">${bomb}]>`, '&a12;'),
    'undefined-entity': withBody(result('&yes;')),
    deep: withBody(`${'<x>'.repeat(20_000)}${yes}${'</x>'.repeat(20_000)}`),
    'many-elements': withBody('<x/>'.repeat(15_000) + yes),
    'processing-instruction': withBody(result('<?yes true?>true')),
    'bad-characters': withBody(result('true&#0;')),
    'utf-16': (asked) => ({ ...wrap(soapOf(asked), yes), body: Buffer.from(String(wrap(soapOf(asked), yes).body), 'utf16le') }),
  }
  const wsdlFault = (change: (text: string, asked: Asked) => string) => (asked: Asked) =>
    isWsdl(asked) ? { status: 200, type: 'text/xml; charset=utf-8', body: change(wsdl(asked), asked) } : undefined

  const server: Server<AuthAnvilFault> = await startServer<AuthAnvilFault>({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.certificate ? { certificate: options.certificate } : {}),
    handle,
    own: {
      ...answers,
      'wsdl-dtd': wsdlFault((text) => text.replace(declaration, `${declaration}<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>`)),
      'wsdl-elsewhere': wsdlFault((text) => text.replaceAll('http://as-internal.local', 'https://elsewhere.example')),
      'wsdl-other-product': wsdlFault((text) => text.replaceAll('Username', 'inUserName').replaceAll('Passcode', 'inOTP')),
    },
    pages: /^\/$/,
  })
  return {
    ...server,
    sasUrl: `${server.url}${path}`,
    calls,
    addUser: (user) => {
      const added: AuthAnvilUser = { siteId: 1, pin: '1111', pinPlace: 'ignored', passwords: [], ...user }
      users.push(added)
      return added
    },
  }
}
