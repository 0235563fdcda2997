import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { TestRecord } from './machine/reporter.ts'

export type Row = { id: string; kind: string; what: string }
export type Verdict = { row: Row; proved: boolean; passed: TestRecord[]; failed: TestRecord[] }

/** The rows of the tables in `docs/acceptance.md`, in their order. */
export function rowsOf(markdown: string): Row[] {
  const rows: Row[] = []
  for (const line of markdown.split('\n')) {
    const [, id, kind, what] = /^\|\s*(S\d+\.\d+)\s*\|\s*([A-Z])\s*\|\s*(.+?)\s*\|\s*$/.exec(line) ?? []
    if (id && kind && what) rows.push({ id, kind, what })
  }
  return rows
}

/** The row ids in a test's title, each once. */
export function idsIn(title: string): string[] {
  return [...new Set(title.match(/\bS\d+\.\d+\b/g))]
}

/** The tests of a run, out of its file of one JSON object per line; lines that are not tests are passed over. */
export function testsOf(lines: string): TestRecord[] {
  const entries = lines.split('\n').filter(Boolean)
  return entries.map((line) => JSON.parse(line) as Partial<TestRecord>).filter((entry): entry is TestRecord => entry.title !== undefined)
}

/** A row is proved by at least one test that passed, and refuted by any that failed; a skipped test says nothing. */
export function judge(rows: readonly Row[], tests: readonly TestRecord[]): Verdict[] {
  const byId = new Map<string, TestRecord[]>()
  for (const test of tests) for (const id of idsIn(test.title)) byId.set(id, [...(byId.get(id) ?? []), test])
  return rows.map((row) => {
    const own = byId.get(row.id) ?? []
    const passed = own.filter(({ status }) => status === 'passed')
    const failed = own.filter(({ status }) => status === 'failed')
    return { row, proved: passed.length > 0 && failed.length === 0, passed, failed }
  })
}

/** Ids in titles that no row has: a slip of the pen, which would otherwise prove nothing in silence. */
export function strangers(rows: readonly Row[], tests: readonly TestRecord[]): string[] {
  const known = new Set(rows.map(({ id }) => id))
  return tests.flatMap(({ title, file }) => idsIn(title).flatMap((id) => (known.has(id) ? [] : [`${id} in "${title}" (${file})`])))
}

/** The row, and below it the test that speaks for or against it, with the circles it ran in: a unit test weighs less than a journey. */
function line({ row, proved, passed, failed }: Verdict): string {
  const mark = proved ? '✓' : failed.length > 0 ? '✗' : '·'
  const evidence = failed.length > 0 ? failed : passed
  const [first] = evidence
  if (!first) return `${mark} ${row.id.padEnd(6)} ${row.kind} ${row.what}`
  const circles = new Set(
    evidence.map(({ circle, database }) => (database === 'none' || circle === 'browser' ? circle : `${circle}:${database}`)),
  )
  const others = new Set(evidence.map(({ file, title }) => `${file} ${title}`)).size - 1
  const where = `${first.file}${others > 0 ? `, and ${others} more` : ''}; ${[...circles].join(' ')}`
  return `${mark} ${row.id.padEnd(6)} ${row.kind} ${row.what}\n${' '.repeat(11)}${proved ? 'by' : 'failed'}: ${first.title} (${where})`
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  const given = process.argv[2]
  const run = given ? resolve(given) : join(root, 'reports/last-run.jsonl')
  const rows = rowsOf(readFileSync(join(root, 'docs/acceptance.md'), 'utf8'))
  const written = existsSync(run) ? readFileSync(run, 'utf8') : ''
  const tests = testsOf(written)
  const verdicts = judge(rows, tests)
  let document = ''
  for (const verdict of verdicts) {
    const of = verdict.row.id.split('.')[0] ?? ''
    if (of !== document) console.log(`\nDocument ${of.slice(1)}`)
    document = of
    console.log(line(verdict))
  }
  console.log()
  for (const stranger of strangers(rows, tests)) console.log(`No such row: ${stranger}`)
  const { run: head } = JSON.parse(written.split('\n')[0] || '{}') as { run?: { ended: string; circles: string[] } }
  if (head) console.log(`Taken from ${relative(root, run)}: ${tests.length} tests in ${head.circles.join(', ')}, ended ${head.ended}.`)
  else console.log(`There is no finished run in ${relative(root, run)}: npm test makes one.`)
  console.log(`${verdicts.filter(({ proved }) => proved).length} of ${rows.length} rows proved`)
}
