import { audit } from './en/audit.ts'
import { authAnvilWords } from './en/authanvil.ts'
import { calls } from './en/calls.ts'
import { callFromQueue, textFromQueue } from './en/codes.ts'
import { duoPages } from './en/duo-pages.ts'
import { duoPushWords } from './en/duo-push.ts'
import { gatewayTest, gatewayTestPrompt } from './en/gateways.ts'
import { mail, mailFromQueue } from './en/mails.ts'
import { pages } from './en/pages.ts'
import { sentCodes } from './en/sent-codes.ts'

/** Everything a person reads, in one language. */
export interface Words {
  /** BCP 47 tag, the `lang` of pages and mails. */
  readonly language: string
  readonly pages: typeof pages
  readonly mail: typeof mail
  readonly mailFromQueue: typeof mailFromQueue
  readonly textFromQueue: typeof textFromQueue
  readonly callFromQueue: typeof callFromQueue
  readonly calls: typeof calls
  readonly audit: typeof audit
  readonly sentCodes: typeof sentCodes
  readonly authAnvil: typeof authAnvilWords.pages
  readonly duo: typeof duoPages
  readonly duoPush: typeof duoPushWords
  readonly gatewayTest: typeof gatewayTest
  readonly gatewayTestPrompt: string
}

const english: Words = {
  language: 'en',
  pages,
  mail,
  mailFromQueue,
  textFromQueue,
  callFromQueue,
  calls,
  audit,
  sentCodes,
  authAnvil: authAnvilWords.pages,
  duo: duoPages,
  duoPush: duoPushWords,
  gatewayTest,
  gatewayTestPrompt,
}
const catalogues: Readonly<Record<string, Words>> = { en: english }

/** The languages there are, each by its own name, for a person to choose from. */
export const languages: readonly { readonly tag: string; readonly name: string }[] = Object.keys(catalogues).map((tag) => ({
  tag,
  name: new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag,
}))

/** The catalogue that suits an `Accept-Language` header best (RFC 9110 §12.5.4), or English. */
export function wordsFor(acceptLanguage = ''): Words {
  const wanted = acceptLanguage
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const quality = parameters.find((one) => one.startsWith('q='))
      return { language: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
    })
    .filter(({ language, quality }) => quality > 0 && Object.hasOwn(catalogues, language))
    .sort((one, other) => other.quality - one.quality)
  return catalogues[wanted[0]?.language ?? 'en'] ?? english
}
