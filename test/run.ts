import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findChromium } from './machine/chromium.ts'
import { buildConsole } from './machine/console-build.ts'
import { findOathtool } from './machine/oathtool.ts'
import { writeTemplate } from './machine/pglite.ts'
import { type PostgresServer, startPostgres } from './machine/postgres.ts'
import type { CountRecord, TestRecord } from './machine/reporter.ts'

/**
 * Runs the tests in circles, the quick and certain ones first, one after the other but for those that mostly wait. `npm test` runs them all and keeps the outcome in
 * `reports/last-run.jsonl`, which `npm run acceptance` reads. `npm test -- races journeys:postgres` runs the circles it names,
 * and any further word narrows them to the files with that word in their path; such a run is kept apart, in `reports/part-run.jsonl`.
 */
type Circle = {
  name: string
  database: 'none' | 'pglite' | 'postgres'
  files: readonly string[]
  /** Processes at a time. Each takes one file after the other. */
  beside: number
  /** Begun at once and run beside the others, since it spends most of its time waiting for servers to start and to die; told when it has ended. */
  aside?: true
  /** For one file, in seconds; a file that hangs is ended and counts as failed. */
  patience: number
}

const unit = ['src/**/*.test.ts', 'test/*.test.ts', 'console/**/*.test.ts', '{bench,simulators}/**/*.test.ts']
const circles: readonly Circle[] = [
  { name: 'unit', database: 'none', files: unit, beside: 2, patience: 600 },
  {
    name: 'journeys',
    database: 'pglite',
    files: ['test/journeys/**/*.test.ts', 'test/conformance/**/*.test.ts'],
    beside: 2,
    patience: 600,
  },
  {
    name: 'journeys',
    database: 'postgres',
    files: ['test/journeys/**/*.test.ts', 'test/conformance/**/*.test.ts'],
    beside: 2,
    patience: 600,
  },
  { name: 'races', database: 'pglite', files: ['test/races/**/*.test.ts'], beside: 3, patience: 600 },
  { name: 'races', database: 'postgres', files: ['test/races/**/*.test.ts'], beside: 3, patience: 600 },
  { name: 'crashes', database: 'pglite', files: ['test/crashes/**/*.test.ts'], beside: 1, patience: 600, aside: true },
  { name: 'crashes', database: 'postgres', files: ['test/crashes/**/*.test.ts'], beside: 1, patience: 600, aside: true },
  { name: 'proxies', database: 'pglite', files: ['test/proxies/**/*.test.ts'], beside: 1, patience: 600, aside: true },
  { name: 'browser', database: 'pglite', files: ['test/browser/**/*.test.ts'], beside: 3, patience: 600 },
]

type Outcome = { circle: Circle; counts: CountRecord['counts']; seconds: number; records: TestRecord[]; trouble: string | undefined }

const root = resolve(import.meta.dirname, '..')
const reports = join(root, 'reports')
const isCircle = (word: string) => circles.some((circle) => word === circle.name || word === label(circle))

const words = process.argv.slice(2)
const wantedCircles = words.filter(isCircle)
const wantedFiles = words.filter((word) => !isCircle(word))

process.chdir(root)
process.exitCode = await run()

async function run(): Promise<number> {
  const chosen = circles
    .filter((circle) => wantedCircles.length === 0 || wantedCircles.some((word) => word === circle.name || word === label(circle)))
    .map((circle) => ({ circle, files: filesOf(circle) }))
  const needs = (need: (circle: Circle) => boolean) => chosen.some(({ circle, files }) => files.length > 0 && need(circle))

  console.log(`Node ${process.versions.node}`)
  const postgres = needs((circle) => circle.database === 'postgres') ? await tried(() => startPostgres({ durable: false })) : undefined
  if (postgres) console.log('found' in postgres ? `PostgreSQL ${postgres.found.version} (${postgres.found.from})` : postgres.trouble)
  const chromium = needs((circle) => circle.name === 'browser') ? await tried(findChromium) : undefined
  if (chromium) console.log('found' in chromium ? `Chromium ${chromium.found.version} (${chromium.found.from})` : chromium.trouble)

  const oathtool = needs((circle) => circle.name === 'unit') ? await tried(findOathtool) : undefined
  if (oathtool) console.log('found' in oathtool ? `oathtool ${oathtool.found.version} (${oathtool.found.from})` : oathtool.trouble)

  const template = join(reports, `${process.pid}-pglite.tar`)
  const ended = new Map<Circle, Outcome>()
  const perform = async ({ circle, files }: (typeof chosen)[number], say: (text: string) => unknown) => {
    if (files.length === 0) {
      say(`\n${label(circle)}: no test file${wantedFiles.length > 0 ? ` with ${wantedFiles.join(' or ')} in its path` : ' yet'}\n`)
      return
    }
    say(`\n${label(circle)}: ${files.length} files\n`)
    const missing = circle.database === 'postgres' && postgres && 'trouble' in postgres ? postgres.trouble : undefined
    const blind = circle.name === 'browser' ? (chromium && 'trouble' in chromium ? chromium.trouble : buildConsole()) : undefined
    const env = environmentOf(circle, postgres, chromium && 'found' in chromium ? chromium.found.path : undefined, template)
    ended.set(circle, missing || blind ? notRun(circle, missing ?? blind) : await runCircle(circle, files, env, say))
  }
  try {
    if (needs((circle) => circle.database === 'pglite')) {
      mkdirSync(reports, { recursive: true })
      await writeTemplate(template)
    }
    const isAside = ({ circle, files }: (typeof chosen)[number]) => circle.aside && files.length > 0 && needs((other) => !other.aside)
    const held: string[] = []
    const inTurn = async () => {
      for (const one of chosen.filter((other) => !isAside(other))) {
        await perform(one, (text) => process.stdout.write(text))
        process.stdout.write(held.splice(0).join(''))
      }
    }
    const aside = async () => {
      for (const one of chosen.filter(isAside)) {
        const said: string[] = []
        await perform(one, (text) => said.push(text))
        held.push(...said)
      }
    }
    await Promise.all([inTurn(), aside()])
    process.stdout.write(held.join(''))
  } finally {
    if (postgres && 'found' in postgres) await postgres.found.stop()
    rmSync(template, { force: true })
  }
  const outcomes = chosen.flatMap(({ circle }) => ended.get(circle) ?? [])
  keep(outcomes, words.length === 0 ? 'last-run.jsonl' : 'part-run.jsonl')
  return conclude(outcomes)
}

type Tried<T> = { found: T } | { trouble: string }

/** What a circle needs and the machine lacks fails that circle with a sentence, and leaves the others to run. */
async function tried<T>(find: () => T | Promise<T>): Promise<Tried<T>> {
  try {
    return { found: await find() }
  } catch (error) {
    return { trouble: (error as Error).message }
  }
}

function filesOf(circle: Circle): string[] {
  const files = globSync(circle.files, { exclude: (name) => name === 'node_modules' }).sort()
  return wantedFiles.length > 0 ? files.filter((file) => wantedFiles.some((word) => file.includes(word))) : files
}

function environmentOf(
  circle: Circle,
  postgres: Tried<PostgresServer> | undefined,
  chromium: string | undefined,
  template: string,
): NodeJS.ProcessEnv {
  // Processes compile the same modules, again and again.
  const env: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: join(reports, 'compiled'), ...process.env, TEST_CIRCLE: circle.name }
  // A test that forgets which database is meant must not reach the one of the person who runs it.
  for (const name of ['DATABASE_URL', 'TEST_DATABASE', 'TEST_DATABASE_URL', 'TEST_PGLITE_TEMPLATE', 'TEST_TAKEN', 'NODE_TEST_CONTEXT'])
    delete env[name]
  if (circle.database !== 'none') env.TEST_DATABASE = circle.database
  if (circle.database === 'pglite') env.TEST_PGLITE_TEMPLATE = template
  if (circle.database === 'postgres' && postgres && 'found' in postgres) env.TEST_DATABASE_URL = postgres.found.url
  if (process.stdout.isTTY) env.FORCE_COLOR ??= '1'
  if (circle.name === 'browser' && chromium) env.CHROMIUM = chromium
  return env
}

async function runCircle(
  circle: Circle,
  files: readonly string[],
  env: NodeJS.ProcessEnv,
  say: (text: string) => unknown,
): Promise<Outcome> {
  const draft = join(reports, `${process.pid}-${circle.name}-${circle.database}`)
  const report = `${draft}.jsonl`
  mkdirSync(draft, { recursive: true })
  const patience = circle.patience * 1000
  const given = workers(circle, files, draft, patience)
  const options = [
    '--test',
    // The Prompt's script is stripped of its types by Node itself, which calls that an experiment each time.
    '--disable-warning=ExperimentalWarning',
    `--test-concurrency=${circle.beside}`,
    `--test-timeout=${given.patience}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(import.meta.dirname, 'machine/reporter.ts')}`,
    `--test-reporter-destination=${report}`,
  ]
  const started = performance.now()
  const child = spawn(process.execPath, [...options, ...given.programs], {
    env: { ...env, ...given.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', say)
  const end = () => {
    child.kill()
    for (const path of [report, draft]) rmSync(path, { force: true, recursive: true })
  }
  process.once('exit', end)
  const ending = await new Promise<string | number>((ended) => {
    child.once('error', (error) => ended(error.message))
    child.once('exit', (code, signal) => {
      const end = () => ended(code ?? signal ?? 'nothing')
      child.once('close', end)
      // Whoever it left behind may hold on to its output.
      setTimeout(end, 5000).unref()
    })
  })
  process.off('exit', end)
  const lines = existsSync(report) ? readFileSync(report, 'utf8').split('\n').filter(Boolean) : []
  for (const path of [report, draft]) rmSync(path, { force: true, recursive: true })
  const entries = lines.map((line) => JSON.parse(line) as TestRecord | CountRecord)
  const records = entries.filter((entry) => 'title' in entry)
  const counted = entries.find((entry) => 'counts' in entry)?.counts
  const seconds = (performance.now() - started) / 1000
  if (!counted) return { ...notRun(circle, `it broke off with ${ending} before all its tests were judged`), records, seconds }
  const unheard = files.filter((file) => !records.some((record) => record.file === file))
  const trouble =
    unheard.length > 0
      ? `nothing was heard of ${unheard.join(', ')}`
      : ending !== 0 && counted.failed === 0
        ? `no test failed, yet it ended with ${ending}`
        : undefined
  return { circle, counts: trouble ? { ...counted, failed: counted.failed + 1 } : counted, seconds, records, trouble }
}

/** As many processes as the circle has places, which share its files; the longest files first, so that none comes late and alone. */
function workers(circle: Circle, files: readonly string[], folder: string, patience: number) {
  const longestFirst = files.toSorted((one, other) => weight(other) - weight(one))
  const programs = Array.from({ length: Math.min(circle.beside, files.length) }, (_, nth) => join(folder, `worker-${nth + 1}.mjs`))
  for (const program of programs) writeFileSync(program, `import ${JSON.stringify(join(import.meta.dirname, 'machine/worker.ts'))}\n`)
  const env = { TEST_FILES: JSON.stringify(longestFirst), TEST_TAKEN: folder, TEST_PATIENCE: String(patience) }
  return { programs, env, patience: 3 * 600_000 }
}

/** How much there is to do in a test file, by how much is written in it and in those beside it that it begins: a tour, say. */
function weight(file: string): number {
  const path = join(root, file)
  const beside = [...readFileSync(path, 'utf8').matchAll(/ from '(\.\/[^']+\.ts)'/g)].map(([, name = '']) => join(path, '..', name))
  return [path, ...beside].reduce((sum, each) => sum + statSync(each).size, 0)
}

function notRun(circle: Circle, trouble: string | undefined): Outcome {
  return { circle, counts: { tests: 0, passed: 0, failed: 1, skipped: 0, todo: 0 }, seconds: 0, records: [], trouble }
}

/** Takes its place in one move, so that a run that is broken off never looks like a finished one. */
function keep(outcomes: readonly Outcome[], name: string): void {
  const head = {
    run: { ended: new Date().toISOString(), node: process.versions.node, circles: outcomes.map(({ circle }) => label(circle)) },
  }
  const lines = [head, ...outcomes.flatMap(({ records }) => records)].map((line) => JSON.stringify(line))
  mkdirSync(reports, { recursive: true })
  const draft = join(reports, `${process.pid}-${name}`)
  writeFileSync(draft, `${lines.join('\n')}\n`)
  renameSync(draft, join(reports, name))
}

function conclude(outcomes: readonly Outcome[]): number {
  const total = { passed: 0, failed: 0, skipped: 0, todo: 0 }
  console.log(`\n${'circle'.padEnd(20)}${['passed', 'failed', 'skipped', 'seconds'].map((head) => head.padStart(9)).join('')}`)
  for (const { circle, counts, seconds } of outcomes) {
    const figures = [counts.passed, counts.failed, counts.skipped, seconds.toFixed(1)].map((figure) => String(figure).padStart(9))
    console.log(`${label(circle).padEnd(20)}${figures.join('')}`)
    total.passed += counts.passed
    total.failed += counts.failed
    total.skipped += counts.skipped
    total.todo += counts.todo
  }
  for (const { circle, records, trouble } of outcomes) {
    if (trouble) console.log(`✖ ${label(circle)}: ${trouble}`)
    for (const { title, file, status, error } of records) {
      if (status === 'failed') console.log(`✖ ${label(circle)}: ${title} (${file})${error ? `: ${error}` : ''}`)
    }
  }
  if (outcomes.length === 0) console.log('Nothing was run.')
  const rest = `${total.skipped ? `, ${total.skipped} skipped` : ''}${total.todo ? `, ${total.todo} to do` : ''}`
  console.log(`\n${total.passed} passed, ${total.failed} failed${rest}`)
  return total.failed > 0 || outcomes.length === 0 ? 1 : 0
}

function label({ name, database }: Circle): string {
  return database === 'none' || name === 'browser' ? name : `${name}:${database}`
}
