import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const guide = resolve(import.meta.dirname, '../docs/guides/forward-auth')
const files = readdirSync(guide)
const read = (file: string) => readFileSync(resolve(guide, file), 'utf8')

/** What the portal is told, as the page of the guide lists it. */
const told = [...readFileSync(`${guide}.md`, 'utf8').matchAll(/^\| `(Remote-[\w-]+)` \|/gm)].map(([, name = '']) => name)

test('every configuration of the guide hands on every header that a portal is told, and the cookies without ours', () => {
  assert.equal(told.length, 7)
  const handing = ['nginx.conf', 'Caddyfile', 'countersign.lua', 'traefik.yml']
  assert.deepEqual(files.toSorted(), [...handing, 'haproxy.cfg'].toSorted())
  for (const file of handing) {
    const text = read(file).toLowerCase()
    for (const name of [...told, 'Cookie']) assert.match(text, new RegExp(`[\\s"[,]${name.toLowerCase()}[\\s",\\]]`), `${file}: ${name}`)
  }
})

test('every configuration of the guide asks for the same application, and leads the way back to it', () => {
  for (const file of files.filter((one) => one !== 'countersign.lua')) {
    const text = read(file)
    assert.match(text, /\/forward-auth\/CLIENT-ID/, file)
    assert.match(text, /\/\.countersign\/return/, file)
    assert.match(text, /\/forward-auth\/CLIENT-ID\/return/, file)
    assert.ok(!/trustForwardHeader: true/.test(text))
  }
})

test('the configuration for Traefik takes away every header by the name with which portals mistake it', () => {
  const text = read('traefik.yml')
  for (const name of told) assert.match(text, new RegExp(`^ +${name.replaceAll('-', '_')}: ""$`, 'm'), name)
})
