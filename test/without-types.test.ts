import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { withoutTypes } from '#without-types'

const root = join(import.meta.dirname, '..')

test('a file loses its types once, and after a change again', () => {
  const source = `export const at: number = ${Date.now()}\n`
  for (const one of [source, source, `${source}export const more: string = ''\n`, source])
    assert.equal(withoutTypes(one), stripTypeScriptTypes(one))
})

test('the second start takes no types off, and reads the same program', () => {
  const program = `const { settings } = await import('./src/config.ts')
    console.log(JSON.stringify({ settings, isStripping: process.moduleLoadList.some((name) => name.includes('amaro')) }))`
  // Node keeps compiled files without their types as well, where it is told to keep them.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  const [, second, plain] = [['--import=./src/start.mjs'], ['--import=./src/start.mjs'], []].map((flags) => {
    const args = ['--disable-warning=ExperimentalWarning', ...flags, '--input-type=module', '--eval', program]
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', env }))
  })
  assert.deepEqual(second, { settings: plain.settings, isStripping: false })
  assert.equal(plain.isStripping, true)
})
