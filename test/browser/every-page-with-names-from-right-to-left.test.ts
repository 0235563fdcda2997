import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourNames } from './tour-names.ts'

/** What a page shows of letters from right to left that neither an element of its own nor a pair of isolates sets apart. */
const textsFromRightToLeft = String.raw`(() => {
  const texts = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode
    const isAlone = parent.childNodes.length === 1 && !/[a-z]/i.test(text)
    if (!parent.closest('bdi, [dir="auto"]') && !isAlone && parent.checkVisibility()) texts.push(text)
  }
  for (const element of document.querySelectorAll('[aria-label], [title]'))
    texts.push(element.getAttribute('aria-label') ?? '', element.getAttribute('title') ?? '')
  return texts.filter((text) => /[\u0590-\u08ff]/.test(text.replaceAll(/\u2068[^\u2068\u2069]*\u2069/g, '')))
})()`

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('pages with names in Arabic and Hebrew are free of barriers, and no name turns the words beside it', async () => {
  const { look, found, seen } = examine()
  const bare: string[] = []
  await tourNames(at, async (name, page) => {
    const open = await page.evaluate<string[]>(textsFromRightToLeft)
    bare.push(...open.map((text) => `${name}: ${text}`))
    await look(name, page)
  })
  assert.deepEqual(bare, [])
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 14, `${seen.size} pages`)
  await at.tidy()
})
