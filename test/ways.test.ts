import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { assuranceOf, type Evidence, passwordEvidence } from '#domain/assurance.ts'
import { methods } from '#domain/methods.ts'
import { wayOf, ways } from '#domain/ways.ts'

const root = resolve(import.meta.dirname, '..')
const sources = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
const placesOf = (pattern: RegExp) => sources.flatMap(({ file, text }) => (text.match(pattern) ?? []).map(() => file))

test('R074 a session is born in one place, by one statement: another one fails here', () => {
  assert.deepEqual(placesOf(/insert into sessions|insertInto\('sessions'\)/gi), ['src/store/settlement.ts'])
  assert.deepEqual(placesOf(/session: \{\s*change: 'add'/g), ['src/flows/settling.ts'])
  const [birth = ''] = sources.filter(({ file }) => file === 'src/flows/settling.ts').map(({ text }) => text)
  assert.match(birth, /if \(wayOf\([^\n]+\) === undefined\) throw/)
  const others = placesOf(/\bfinishing\(/g)
  assert.deepEqual(others, ['src/flows/settling.ts', 'src/flows/settling.ts'], 'only `take` asks for what `done` brings about')
})

test('the list of ways to become signed in says what the document says', () => {
  const document = readFileSync(join(root, 'docs/ways-to-be-signed-in.md'), 'utf8')
  const rows = document
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '))
  assert.deepEqual(
    rows,
    ways.map(({ way, given, aal, phishingResistant, where }) => [
      `\`${way}\``,
      given,
      `AAL${aal}`,
      phishingResistant ? 'yes' : 'no',
      where,
    ]),
  )
})

test('R072 R073 each way is worth what its proofs say, none claims AAL3, and only a passkey is phishing-resistant', () => {
  const at = new Date(0)
  const of = (kind: string, proves: Evidence['proves']): Evidence => ({ kind, proves, amr: [], at })
  const worth = (evidence: readonly Evidence[], isOnDevice = false) => {
    const way = ways.find((one) => one.way === wayOf(evidence, isOnDevice))
    const { aal, phishingResistant } = assuranceOf(evidence)
    assert.deepEqual([way?.aal, way?.phishingResistant], [aal, phishingResistant], way?.way)
  }
  const password = passwordEvidence(at)
  worth([password])
  worth([password], true)
  for (const kind of methods) worth([password, of(kind, kind === 'email' ? ['mailbox'] : ['have'])])
  worth([password, of('backup-codes', ['have'])])
  worth([of('passkey', ['have', 'know'])])
  assert.equal(wayOf([of('passkey', ['have'])], false), undefined, 'a key that was only touched')
  assert.equal(wayOf([of('totp', ['have'])], false), undefined)
  assert.equal(wayOf([password, of('carrier-pigeon', ['have'])], false), undefined)
  assert.equal(wayOf([], false), undefined)
})
