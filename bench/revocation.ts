/**
 * How soon the end of a session holds everywhere: somebody signs out at one process, and a portal behind another process of the same
 * database goes on asking for the same page, with its answer remembered, until it is refused.
 */
import type pg from 'pg'
import type { Cluster } from './cluster.ts'
import { addPortal, openPortal } from './forward-auth.ts'
import type { Ticket } from './load.ts'
import { type CloseLater, startCountersign } from './subjects.ts'
import { figure, median, tableOf } from './table.ts'

/** So often the other process is asked; what is found is at most so much too long. */
const everyMilliseconds = 10
const mostMilliseconds = 1000

/** Ends sessions one after another, and gives a table. @throws {Error} when a session outlives its end by more than ten seconds */
export async function measureRevocation(
  cluster: Cluster,
  { sessions, say, closeLater }: { readonly sessions: number; readonly say: (text: string) => void; readonly closeLater: CloseLater },
): Promise<string> {
  let database: pg.Pool | undefined
  const here = await startCountersign(cluster, 200, closeLater, {
    name: 'revocation',
    settings: { TRUSTED_PROXIES: '127.0.0.1' },
    prepare: async (opened) => {
      database = opened
      await addPortal(opened)
    },
  })
  if (!database) throw new Error('The database was not prepared.')
  const there = await here.startAnother()
  const people = await here.preparations.sessions(Array.from({ length: sessions }, (_, person) => person))
  const checks = await openPortal(database, people)
  const found: number[] = []
  for (const [index, person] of people.entries()) found.push(await end(here.port, there.port, person, checks[index]?.headers ?? {}))
  say(`a session ended at one process was refused at the other after ${figure(Math.max(...found))} ms at most`)
  const row = ['refused by forward-auth at another process', String(sessions), figure(median(found)), figure(Math.max(...found))]
  const isMet = Math.max(...found) <= mostMilliseconds
  return `\n${tableOf(
    ['a session ended at one process', 'sessions', 'median ms', 'most ms', 'wanted', ''],
    [[...row, `≤ ${mostMilliseconds}`, isMet ? 'met' : 'NOT MET']],
  )}\n`
}

/** Milliseconds from asking for the end at one port to the first refusal at the other one. */
async function end(here: number, there: number, { cookie = '', csrfToken = '' }: Ticket, headers: Readonly<Record<string, string>>) {
  const check = async () => (await fetch(`http://127.0.0.1:${there}/forward-auth/bench-portal`, { redirect: 'manual', headers })).status
  if ((await check()) !== 200) throw new Error('The session was refused before it ended.')
  const startedAt = performance.now()
  const { status } = await fetch(`http://127.0.0.1:${here}/api/v1/session`, {
    method: 'DELETE',
    headers: { cookie, 'x-csrf-token': csrfToken },
  })
  if (status !== 204) throw new Error(`Signing out answered ${status}.`)
  while ((await check()) === 200) {
    if (performance.now() - startedAt > 10 * mostMilliseconds) throw new Error('The session goes on after its end.')
    await new Promise((resolve) => setTimeout(resolve, everyMilliseconds))
  }
  return performance.now() - startedAt
}
