/**
 * `npm run bench`: what a sign-in costs, beside the least that it can cost on this machine.
 *
 *   --quick        tiny windows, to see that it works
 *   --floor-only   without Countersign
 *   --forward-auth only the checks of portals behind a proxy, beside an empty answer of Fastify
 *   --tokens       only the tokens of OpenID Connect, and how soon the end of a session holds at another process
 *   --write        keep the report in bench/results/latest.md
 *   --profile=sign-in|code|session   instead of the tables: where Countersign's main thread spends its time
 *   --rounds=N --callers=1,8,32 --people=N
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Cluster, freePort, startCluster } from './cluster.ts'
import { measureForwardAuth } from './forward-auth.ts'
import { type Limit, machineLimits } from './machine-limits.ts'
import { type Generator, type Measured, type Meter, peakMemoryMiB, type Subject, startGenerator, startMeter } from './measure.ts'
import { summarize } from './profile.ts'
import { measureRevocation } from './revocation.ts'
import { startCountersign, startFloor } from './subjects.ts'
import { report, type Series } from './table.ts'
import { measureTokens } from './tokens.ts'

const operations = ['sign-in', 'code', 'session'] as const
type Measurable = (typeof operations)[number]

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'floor-only': { type: 'boolean', default: false },
    'forward-auth': { type: 'boolean', default: false },
    tokens: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    rounds: { type: 'string' },
    callers: { type: 'string', default: '1,8,32' },
    people: { type: 'string' },
  },
})
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5))
const callers = options.callers.split(',').map(Number)
const people = Number(options.people ?? (options.quick ? 4000 : 10_000))
const seconds = options.quick
  ? { limit: 0.3, warmUp: 0.6, count: 0.3, 'sign-in': 0.8, code: 0.4, session: 0.4 }
  : { limit: 2, warmUp: 2, count: 1, 'sign-in': 4, code: 2, session: 2 }

const cleanUp: (() => unknown)[] = []

/** Progress goes beside the report, which alone is printed to the standard output. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function measureLimits(cluster: Cluster, generator: Generator): Promise<Limit[]> {
  const limits: Limit[] = []
  for await (const limit of machineLimits(await cluster.createDatabase('limits'), await freePort(), generator, seconds.limit)) {
    limits.push(limit)
    say(`${limit.name}: ${limit.perSecond.toFixed(0)}/s`)
  }
  return limits
}

/** Round by round, the servers take turns at every operation, so that a slow minute of the machine falls on both. */
async function measureAll(meter: Meter, subjects: readonly Subject[]): Promise<Series[]> {
  const found: (Series & { windows: Measured[] })[] = []
  for (const operation of operations) {
    for (const subject of subjects) {
      // With more callers than connections, so that each of these has its plans before anything is measured.
      await meter.measure(subject, operation, 32, seconds.warmUp)
      const statements = await meter.countStatements(subject, operation, seconds.count)
      for (const count of callers) found.push({ server: subject.name, operation, callers: count, statements, windows: [] })
    }
  }
  found.sort(
    (a, b) => operations.indexOf(a.operation as Measurable) - operations.indexOf(b.operation as Measurable) || a.callers - b.callers,
  )
  for (let round = 1; round <= rounds; round += 1) {
    for (const series of found.toSorted((a, b) => a.callers - b.callers)) {
      const subject = subjects.find(({ name }) => name === series.server) as Subject
      const measured = await meter.measure(subject, series.operation, series.callers, seconds[series.operation as Measurable])
      series.windows.push(measured)
      const asides = [
        `${measured.perSecond.toFixed(0)}/s`,
        ...(measured.foreign > 0.1 ? [`others took ${Math.round(measured.foreign * 100)} %`] : []),
        ...(measured.failures > 0 ? [`${measured.failures} failed: ${measured.firstFailure}`] : []),
      ]
      say(`round ${round}/${rounds}, ${series.operation}, ${series.callers} callers, ${series.server}: ${asides.join(', ')}`)
    }
  }
  return found
}

async function compare(cluster: Cluster, generator: Generator): Promise<string> {
  const startedAt = performance.now()
  const limits = await measureLimits(cluster, generator)
  const subjects = []
  for (const start of options['floor-only'] ? [startFloor] : [startFloor, startCountersign]) {
    subjects.push(await start(cluster, people, (close) => cleanUp.push(close)))
  }
  const series = await measureAll(startMeter(cluster, generator), subjects)
  const footprints = Object.fromEntries(
    subjects.map(({ name, pid, readySeconds, pageBytes }) => [
      name,
      { readySeconds, peakMemoryMiB: peakMemoryMiB(pid), ...(pageBytes === undefined ? {} : { pageBytes }) },
    ]),
  )
  const took = ((performance.now() - startedAt) / 1000).toFixed(0)
  const heading = [
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node},`,
    `PostgreSQL ${cluster.version} with fsync and synchronous_commit on and no checkpoint during the run, ${people} people,`,
    'closed loop; server, PostgreSQL and load generator share the processors.',
    `Medians of ${rounds} interleaved round${rounds === 1 ? '' : 's'} (min-max); only ratios within one run carry over to another machine.`,
    `The run took ${took} s.`,
  ].join('\n')
  return report({ heading, limits, series, footprints })
}

async function profile(cluster: Cluster, generator: Generator, operation: Measurable): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-profile-'))
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
  const subject = await startCountersign(cluster, people, (close) => cleanUp.push(close), {
    flags: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  })
  const meter = startMeter(cluster, generator)
  const most = Math.max(...callers)
  await meter.measure(subject, operation, most, seconds.warmUp)
  const measured = await meter.measure(subject, operation, most, seconds[operation] * 3)
  await subject.stop()
  const [file] = readdirSync(folder)
  if (!file) throw new Error('The server left no profile.')
  return [
    `${operation}, ${most} callers: ${measured.perSecond.toFixed(0)}/s, ${measured.failures} failed ${measured.firstFailure ?? ''}`,
    `CPU per operation: server ${measured.serverCpu.toFixed(2)} ms, PostgreSQL ${measured.postgresCpu.toFixed(2)} ms`,
    summarize(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
    '',
  ].join('\n')
}

try {
  const cluster = await startCluster()
  cleanUp.push(cluster.stop)
  const generator = startGenerator()
  cleanUp.push(generator.stop)
  const profiled = operations.find((operation) => operation === options.profile)
  const closeLater = (close: () => unknown) => cleanUp.push(close)
  const checks = () => measureForwardAuth(cluster, generator, { rounds, seconds: seconds.session, say, closeLater })
  const tokens = async () => {
    const [codes, sessions] = options.quick ? [200, 5] : [1500, 40]
    const exchanged = await measureTokens(cluster, generator, { rounds, seconds: seconds.session, codes, say, closeLater })
    return exchanged + (await measureRevocation(cluster, { sessions, say, closeLater }))
  }
  const whole = async () => {
    if (options['forward-auth'] || options.tokens)
      return `${options['forward-auth'] ? await checks() : ''}${options.tokens ? await tokens() : ''}`
    const compared = await compare(cluster, generator)
    return options['floor-only'] ? compared : `${compared}${await checks()}${await tokens()}`
  }
  const text = await (profiled ? profile(cluster, generator, profiled) : whole())
  process.stdout.write(text)
  if (options.write && !profiled) {
    const folder = fileURLToPath(new URL('results', import.meta.url))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'latest.md'), text)
  }
} finally {
  for (const step of cleanUp.toReversed()) await step()
}
