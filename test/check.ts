import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** All that can be said of the code without a database server or a browser: `npm run check`. Two at a time, the long ones first. */
const root = resolve(import.meta.dirname, '..')
const program = (name: string) => join(root, 'node_modules/.bin', name)

type Check = { name: string; command: string; words: readonly string[]; when?: boolean }
const checks: readonly Check[] = [
  { name: 'unit tests', command: process.execPath, words: [join(root, 'test/run.ts'), 'unit'] },
  { name: 'types of the server', command: program('tsc'), words: ['--noEmit', '--pretty', 'false'] },
  {
    name: 'types of the Console',
    command: program('tsc'),
    words: ['--noEmit', '--pretty', 'false', '-p', 'console'],
    when: existsSync(join(root, 'console/tsconfig.json')),
  },
  { name: 'format and lint', command: program('biome'), words: ['ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=200'] },
  { name: 'nothing unused', command: program('knip'), words: ['--no-progress'] },
]

type Result = { ok: boolean; output: string; seconds: number }

function perform({ command, words }: Check): Promise<Result> {
  const started = performance.now()
  const output: Buffer[] = []
  const child = spawn(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  return new Promise((done) => {
    const end = (ok: boolean) =>
      done({ ok, output: Buffer.concat(output).toString().trim(), seconds: (performance.now() - started) / 1000 })
    child.once('error', (error) => {
      output.push(Buffer.from(error.message))
      end(false)
    })
    child.once('close', (code) => end(code === 0))
  })
}

const queue = checks.filter(({ when }) => when !== false)
const total = queue.length
const failed: string[] = []
const started = performance.now()

async function worker(): Promise<void> {
  for (let check = queue.shift(); check; check = queue.shift()) {
    const { ok, output, seconds } = await perform(check)
    if (!ok) failed.push(check.name)
    console.log(`${ok ? '✔' : '✖'} ${check.name} (${seconds.toFixed(1)} s)`)
    if (!ok) console.log(`${output}\n`)
  }
}

await Promise.all([worker(), worker()])
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(failed.length === 0 ? `\nAll ${total} checks passed in ${seconds} s` : `\nFailed in ${seconds} s: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
