import { declaration, type SoapVersion, xml } from './soap.ts'

/** What the page of the service describes. */
export interface Described {
  readonly namespace: string
  readonly spelling: string
  readonly versions: readonly SoapVersion[]
  readonly hasVersion: boolean
  readonly address: string
  action(method: string): string
}

/** The WSDL as ASMX writes it. The address in it is the internal one, as it is behind a proxy. */
export function describe({ namespace, spelling, versions, hasVersion, address, action }: Described): string {
  const element = (name: string, type: string, least: number) =>
    `<s:element minOccurs="${least}" maxOccurs="1" name="${name}" type="s:${type}" />`
  const methods = [
    {
      name: 'Authenticate',
      takes: [element('Username', 'string', 0), element('Passcode', 'string', 0), element(spelling, 'int', 1), element('SiteID', 'int', 1)],
      gives: element('AuthenticateResult', 'boolean', 1),
    },
    ...(hasVersion ? [{ name: 'Version', takes: [], gives: element('VersionResult', 'string', 0) }] : []),
  ]
  const types = methods.map(
    ({ name, takes, gives }) =>
      `<s:element name="${name}"><s:complexType>${takes.length > 0 ? `<s:sequence>${takes.join('')}</s:sequence>` : ''}</s:complexType></s:element>
<s:element name="${name}Response"><s:complexType><s:sequence>${gives}</s:sequence></s:complexType></s:element>`,
  )
  const messages = methods.map(
    ({ name }) => `<wsdl:message name="${name}SoapIn"><wsdl:part name="parameters" element="tns:${name}" /></wsdl:message>
<wsdl:message name="${name}SoapOut"><wsdl:part name="parameters" element="tns:${name}Response" /></wsdl:message>`,
  )
  const ports = methods.map(
    ({ name }) =>
      `<wsdl:operation name="${name}"><wsdl:input message="tns:${name}SoapIn" /><wsdl:output message="tns:${name}SoapOut" /></wsdl:operation>`,
  )
  const prefixes = { '1.1': 'soap', '1.2': 'soap12' } as const
  const names = { '1.1': 'Soap', '1.2': 'Soap12' } as const
  const bindings = versions.map((version) => {
    const prefix = prefixes[version]
    const body = `<${prefix}:body use="literal" />`
    const operations = methods.map(
      ({ name }) =>
        `<wsdl:operation name="${name}"><${prefix}:operation soapAction="${xml(action(name))}" style="document" /><wsdl:input>${body}</wsdl:input><wsdl:output>${body}</wsdl:output></wsdl:operation>`,
    )
    return `<wsdl:binding name="TokenValidator${names[version]}" type="tns:TokenValidatorSoap"><${prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" />${operations.join('')}</wsdl:binding>`
  })
  const places = versions.map(
    (version) =>
      `<wsdl:port name="TokenValidator${names[version]}" binding="tns:TokenValidator${names[version]}"><${prefixes[version]}:address location="${xml(address)}" /></wsdl:port>`,
  )
  return `${declaration}
<wsdl:definitions xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:tns="${xml(namespace)}" targetNamespace="${xml(namespace)}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">
<wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="${xml(namespace)}">${types.join('\n')}</s:schema></wsdl:types>
${messages.join('\n')}
<wsdl:portType name="TokenValidatorSoap">${ports.join('')}</wsdl:portType>
${bindings.join('\n')}
<wsdl:service name="TokenValidator">${places.join('')}</wsdl:service>
</wsdl:definitions>`
}
