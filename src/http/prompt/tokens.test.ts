import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8')
const pageCss = readFileSync(new URL('prompt.css', import.meta.url), 'utf8')

type Tokens = Readonly<Record<string, string>>

function tokensAfter(selector: string): Tokens {
  const body = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
  return Object.fromEntries([...body.matchAll(/--cs-([a-z0-9-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]))
}

const light = tokensAfter(':root')
const dark = tokensAfter(':root[data-mantine-color-scheme="dark"]')

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(tokens: Tokens, one: string, other: string): number {
  const [low = 0, high = 0] = [one, other].map((name) => luminance(tokens[name] ?? assert.fail(name))).sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

test('dark is the same by the system and by the switch', () => {
  assert.ok(Object.keys(dark).length > 15)
  assert.deepEqual(tokensAfter(':root:not([data-mantine-color-scheme="light"])'), dark)
})

test('text is readable on every ground it stands on, in light and in dark', () => {
  const pairs = [
    ...['ground', 'surface', 'sunken'].flatMap((ground) => ['ink', 'ink-soft', 'link'].map((ink) => [ink, ground] as const)),
    ...['danger', 'warning', 'success'].flatMap((meaning) => [[meaning, `${meaning}-soft`] as const, ['ink', `${meaning}-soft`] as const]),
    ['danger', 'surface'] as const,
    ['link', 'accent-soft'] as const,
    ...['accent', 'accent-hover', 'danger-fill', 'danger-fill-hover'].map((fill) => ['on-accent', fill] as const),
  ]
  for (const [name, scheme] of Object.entries({ light, dark })) {
    for (const [ink, ground] of pairs) {
      const ratio = contrast({ ...light, ...scheme }, ink, ground)
      assert.ok(ratio >= 4.5, `${name}: ${ink} on ${ground} is ${ratio.toFixed(2)}`)
    }
  }
})

test('the edge of a field and the focus can be told from their ground', () => {
  for (const [name, scheme] of Object.entries({ light, dark })) {
    for (const edge of ['line-strong', 'focus', 'danger']) {
      const ratio = contrast({ ...light, ...scheme }, edge, 'surface')
      assert.ok(ratio >= 3, `${name}: ${edge} is ${ratio.toFixed(2)}`)
    }
  }
})

test('every token the pages use exists', () => {
  for (const [, name = ''] of pageCss.matchAll(/var\(--cs-([a-z0-9-]+)/g)) assert.ok(name in light, name)
})

test('no style sheet loads anything', () => {
  for (const sheet of [css, pageCss]) assert.doesNotMatch(sheet, /url\(|@import|@font-face/)
})
