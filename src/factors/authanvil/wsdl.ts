import { Failure } from '../outside.ts'
import { childrenOf, type Element, readXml } from './xml.ts'

/** What an AuthAnvil says about how it wants to be asked. It is kept with the settings, so that a sign-in need not ask for it. */
export interface Sas {
  readonly namespace: string
  /** Whether the elements of the call are in that namespace too, as with ASMX. */
  readonly isQualified: boolean
  readonly soap: '1.1' | '1.2'
  readonly authenticate: {
    readonly method: string
    readonly action: string
    /** The four elements in their order, each as the service spells it. */
    readonly elements: readonly { readonly name: string; readonly means: Meaning }[]
  }
  /** The call that only asks whether the service lives, where there is one. */
  readonly version?: { readonly method: string; readonly action: string }
}

type Meaning = 'username' | 'passcode' | 'tokentype' | 'siteid'

const wsdl = 'http://schemas.xmlsoap.org/wsdl/'
const schema = 'http://www.w3.org/2001/XMLSchema'
const bindings = [
  { soap: '1.1', uri: 'http://schemas.xmlsoap.org/wsdl/soap/' },
  { soap: '1.2', uri: 'http://schemas.xmlsoap.org/wsdl/soap12/' },
] as const
const meanings: Readonly<Record<Meaning, string>> = { username: 'string', passcode: 'string', tokentype: 'int', siteid: 'int' }
const isMeaning = (name: string): name is Meaning => Object.hasOwn(meanings, name)
const named = (element: Element, name: string) => element.attributes.name?.toLowerCase() === name

/**
 * Reads how to call `Authenticate` out of a WSDL: namespace, spelling, order and action are the document's own. Its address is not
 * read: behind a proxy it names an internal host, and a stranger could send us anywhere by it.
 *
 * @throws {Failure} `not-it` for the WSDL of something else, `reply` for what is no clean XML
 */
export function readWsdl(text: string): Sas {
  const notIt = (why: string) => new Failure('not-it', `not the WSDL of an AuthAnvil: ${why}`)
  const root = readXml(text)
  if (root.uri !== wsdl || root.local !== 'definitions') throw notIt('no WSDL at all')
  const schemas = childrenOf(root, wsdl, 'types').flatMap((types) => childrenOf(types, schema, 'schema'))
  const elementsOf = (name: string) =>
    schemas.flatMap((each) =>
      childrenOf(each, schema, 'element')
        .filter((element) => named(element, name))
        .map((element) => ({ each, element })),
    )
  const [found, ...more] = elementsOf('authenticate')
  if (!found || more.length > 0) throw notIt('there is no single element Authenticate')
  const namespace = found.each.attributes.targetNamespace ?? ''
  if (namespace === '') throw notIt('it has no namespace')

  const parts = childrenOf(found.element, schema, 'complexType')
    .flatMap((type) => childrenOf(type, schema, 'sequence'))
    .flatMap((sequence) => sequence.children)
  const elements = parts.map(({ attributes: { name = '', type = '' } }) => {
    const means = name.toLowerCase()
    if (!isMeaning(means) || type.split(':').at(-1) !== meanings[means]) throw notIt(`it asks for "${name.slice(0, 40)}"`)
    return { name, means }
  })
  const isWhole = elements.length === 4 && new Set(elements.map(({ means }) => means)).size === 4
  if (!isWhole) throw notIt('it does not ask for a name, a passcode, a type and a site')

  const actionOf = (name: string, uri: string) =>
    childrenOf(root, wsdl, 'binding')
      .flatMap((binding) => childrenOf(binding, wsdl, 'operation'))
      .filter((operation) => named(operation, name))
      .flatMap((operation) => childrenOf(operation, uri, 'operation'))
      .find(({ attributes }) => attributes.soapAction !== undefined && attributes.style !== 'rpc')?.attributes.soapAction
  for (const { soap, uri } of bindings) {
    const action = actionOf('authenticate', uri)
    if (action === undefined) continue
    const version = elementsOf('version')[0]?.element.attributes.name
    const versionAction = actionOf('version', uri)
    return {
      namespace,
      isQualified: found.each.attributes.elementFormDefault === 'qualified',
      soap,
      authenticate: { method: found.element.attributes.name ?? '', action, elements },
      ...(version !== undefined && versionAction !== undefined ? { version: { method: version, action: versionAction } } : {}),
    }
  }
  throw notIt('it has no SOAP binding of Authenticate')
}
