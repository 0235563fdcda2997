import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** One test of a run, as a line of `reports/last-run.jsonl`. */
export type TestRecord = {
  /** The test's name behind the names of the suites and tests around it: `outer > inner`. */
  title: string
  /** The test file that was run, also where the test itself is written elsewhere (a contract that many files call). */
  file: string
  circle: string
  /** `pglite`, `postgres`, or `none` where the circle is given no database. */
  database: string
  status: 'passed' | 'failed' | 'skipped' | 'todo'
  ms: number
  error?: string
}

/** The count that Node itself prints at the end of a circle. */
export type CountRecord = { counts: { tests: number; passed: number; failed: number; skipped: number; todo: number } }

/** Node's wrapper around what a test threw. */
type Failure = Error & { cause?: unknown; failureType?: string }

/**
 * Writes down every test of a circle, a JSON object per line. Suites are left out, since their names stand in the titles, unless
 * one failed by itself, say in what it does before its tests.
 */
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const { TEST_CIRCLE: circle = '', TEST_DATABASE: database = 'none', TEST_TAKEN } = process.env
  const around: string[] = []
  let waiting: TestRecord[] = []
  for await (const { type, data } of events) {
    if (type === 'test:start') around[data.nesting] = data.name
    if (type === 'test:pass' || type === 'test:fail') {
      if (data.details.type === 'suite' && type === 'test:pass') continue
      const { error } = data.details as { error?: Failure }
      if (data.details.type === 'suite' && error?.failureType === 'subtestsFailed') continue
      // In a process that many files share, the outermost suite is the file.
      const isShared = TEST_TAKEN !== undefined && around[0] !== data.name
      const titles = [...around.slice(0, data.nesting), data.name]
      const status = data.skip !== undefined ? 'skipped' : data.todo !== undefined ? 'todo' : type === 'test:pass' ? 'passed' : 'failed'
      const record: TestRecord = {
        title: (isShared ? titles.slice(1) : titles).join(' > '),
        file: (isShared ? around[0] : undefined) ?? relative(process.cwd(), data.file ?? data.name),
        circle,
        database,
        status,
        ms: Math.round(data.details.duration_ms),
        ...(status === 'failed' && error ? { error: firstLine(error) } : {}),
      }
      // A file that broke off is reported in its own name, and no count of it follows.
      if (record.file === relative(process.cwd(), data.name)) yield `${JSON.stringify(record)}\n`
      else waiting.push(record)
    }
    if (type === 'test:summary') {
      // The count of a file comes after its tests, and is the only event that always knows which file was run.
      const file = data.file && relative(process.cwd(), data.file)
      for (const record of waiting) yield `${JSON.stringify(file && TEST_TAKEN === undefined ? { ...record, file } : record)}\n`
      waiting = []
      const { tests, passed, skipped, todo } = data.counts
      if (!file) yield `${JSON.stringify({ counts: { tests, passed, failed: tests - passed - skipped - todo, skipped, todo } })}\n`
    }
  }
}

function firstLine(error: Failure): string {
  const said = error.cause instanceof Error ? error.cause.message : typeof error.cause === 'string' ? error.cause : error.message
  return said.trim().split('\n')[0] ?? ''
}
