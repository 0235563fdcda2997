import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import type { Look } from './tour.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Judges in the page and hands over the sentences alone: what axe-core says of all that is in order, an object for every
 * element and rule, costs four times as much to write down and to carry over as it costs to judge.
 */
const run = `axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { region: { enabled: !document.querySelector('[role=menu], [role=listbox]') } },
  resultTypes: ['violations'],
}).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) => nodes.map((node) => id + ' (' + help + '): ' + node.html + ' ' + node.failureSummary)),
)`

/**
 * What axe-core finds wrong with a page (WCAG 2.2 A and AA, and its best practices), a line each. An open menu or list
 * of choices lies outside all landmarks by its nature, as it does in the ARIA Authoring Practices; that one rule rests while there is one.
 */
async function barriers(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe)
  return page.evaluate<string[]>(run)
}

/**
 * Looks for barriers: light on a desk and dark on a phone, so that what is wrong with the colours or the order shows in one of
 * the two, and so does what is too wide.
 */
export function examine(): { readonly look: Look; readonly found: string[]; readonly seen: Set<string> } {
  const found: string[] = []
  const seen = new Set<string>()
  const look: Look = async (name, page) => {
    assert.ok(!seen.has(name), `two pages are called ${name}`)
    seen.add(name)
    for (const [colorScheme, width, height] of [['dark', 390, 844] as const, ['light', 1280, 800] as const]) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height })
      found.push(...(await barriers(page)).map((barrier) => `${name}, ${colorScheme}, ${width} wide: ${barrier}`))
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      if (overflow > 0) found.push(`${name}, ${width} wide: ${overflow} pixels stand out to the right`)
    }
  }
  return { look, found, seen }
}
