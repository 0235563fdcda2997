import { SaxesParser } from 'saxes'

/** The two versions of SOAP, by the namespace of their envelope. */
export const envelopes = { '1.1': 'http://schemas.xmlsoap.org/soap/envelope/', '1.2': 'http://www.w3.org/2003/05/soap-envelope' } as const
export type SoapVersion = keyof typeof envelopes

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** A text as it may stand in XML. */
export const xml = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '')
export const declaration = '<?xml version="1.0" encoding="utf-8"?>'

/** The call within an envelope: its method and the texts of its elements, as they are spelled. Undefined for what is no XML. */
export function readCall(
  body: string,
): { envelope: string; namespace: string; method: string; values: Record<string, string> } | undefined {
  const parser = new SaxesParser({ xmlns: true })
  const path: { local: string; uri: string; text: string }[] = []
  const values: Record<string, string> = {}
  let found: { envelope: string; namespace: string; method: string } | undefined
  let wrong = false
  parser.on('error', () => {
    wrong = true
  })
  parser.on('opentag', ({ local, uri }) => {
    path.push({ local, uri, text: '' })
    if (path.length === 3 && path[0]?.local === 'Envelope' && path[1]?.local === 'Body')
      found = { envelope: path[0].uri, namespace: uri, method: local }
  })
  parser.on('text', (text) => {
    const last = path.at(-1)
    if (last) last.text += text
  })
  parser.on('closetag', () => {
    const closed = path.pop()
    if (path.length === 3 && closed && closed.uri === found?.namespace) values[closed.local] = closed.text
  })
  parser.write(body).close()
  return wrong || !found ? undefined : { ...found, values }
}
