import { SaxesParser } from 'saxes'
import { Failure } from '../outside.ts'

/** An element of a document, with names resolved to their namespaces. */
export interface Element {
  readonly uri: string
  readonly local: string
  /** Attributes without a prefix. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
  /** Whether there is nothing in it but letters: no element, comment, CDATA section or processing instruction. */
  readonly isPlain: boolean
}

type Open = { uri: string; local: string; attributes: Record<string, string>; children: Element[]; text: string; isPlain: boolean }

const mostDepth = 24
const mostElements = 3_000

/**
 * Reads a document of a stranger. It must be well-formed with correct namespaces, and small. A document type declaration is refused
 * with all that can hang on one, and only the five entities of XML itself are known.
 *
 * @throws {Failure} `reply` for everything else
 */
export function readXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: true })
  const refuse = (why: string): never => {
    throw new Failure('reply', why)
  }
  const open: Open[] = []
  const impure = () => {
    const last = open.at(-1)
    if (last) last.isPlain = false
  }
  let elements = 0
  let root: Element | undefined
  parser.on('error', ({ message }) => refuse(`no well-formed XML (${message.slice(0, 80)})`))
  parser.on('doctype', () => refuse('a document type declaration'))
  parser.on('processinginstruction', () => refuse('a processing instruction'))
  parser.on('comment', impure)
  parser.on('cdata', impure)
  parser.on('opentag', ({ uri, local, attributes }) => {
    elements++
    if (elements > mostElements || open.length >= mostDepth) refuse('too many elements')
    impure()
    const plain = Object.values(attributes).filter(({ prefix, name }) => prefix === '' && name !== 'xmlns')
    open.push({
      uri,
      local,
      attributes: Object.fromEntries(plain.map(({ local: name, value }) => [name, value])),
      children: [],
      text: '',
      isPlain: true,
    })
  })
  parser.on('text', (part) => {
    const last = open.at(-1)
    if (last) last.text += part
  })
  parser.on('closetag', () => {
    const closed = open.pop()
    if (!closed) return
    const parent = open.at(-1)
    if (parent) parent.children.push(closed)
    else root = closed
  })
  try {
    parser.write(text).close()
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('reply', 'no XML')
  }
  return root ?? refuse('no element')
}

/** The children with this name in this namespace. */
export const childrenOf = (element: Element, uri: string, local: string) =>
  element.children.filter((child) => child.uri === uri && child.local === local)

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** A text as it may stand in an element or an attribute. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}
