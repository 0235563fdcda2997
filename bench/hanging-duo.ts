/**
 * What 200 people who wait for a Duo that never answers cost everybody else: sign-ins a second without them and with them, turn by turn
 * on one server and its own PostgreSQL. `node bench/hanging-duo.ts`; it ends with 1 when more than a twentieth is lost.
 */
import { startPostgres } from '../test/machine/postgres.ts'

const rounds = 10
const callers = 8
/** Shorter than the five seconds after which a question is given up, so that all of them hang the whole time. */
const windowSeconds = 2

const postgres = await startPostgres({ durable: true })
// The kit reads where its databases are when it is loaded.
process.env.TEST_DATABASE_URL = postgres.url
const { hanging, openHangingDuo } = await import('../test/hanging-duo.ts')
const { start } = await import('../test/kit.ts')
const at = await openHangingDuo({ database: 'postgres' }).catch(async (error: unknown) => {
  await postgres.stop()
  throw error
})
const { kit } = at.duoKit
try {
  const site = await kit.site({ mode: 'opt-in' })
  const people = await Promise.all(Array.from({ length: callers }, () => kit.person(site.id)))

  /** Whole sign-ins a second: password, session, and a look with it. */
  const perSecond = async (seconds: number) => {
    const until = performance.now() + seconds * 1000
    const began = performance.now()
    const counts = await Promise.all(
      people.map(async (person) => {
        let count = 0
        for (; performance.now() < until; count++) {
          const client = kit.client()
          await start(client, person)
          const { status } = await client.call('GET', '/api/v1/session')
          if (status !== 200) throw new Error(`A sign-in failed with ${status}.`)
        }
        return count
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - began) / 1000)
  }

  await perSecond(3)
  const [without, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const before = await perSecond(windowSeconds)
    const { ended, over } = await at.hang()
    const during = await perSecond(windowSeconds)
    // On a machine that is busy with other things some may have given up before the window was over: that round says nothing.
    if (ended() === 0) {
      without.push(before)
      beside.push(during)
    }
    await over
  }
  if (beside.length < 3) throw new Error(`Only ${beside.length} of ${rounds} rounds can be used: the machine is too busy.`)
  const median = (of: readonly number[]) => [...of].sort((one, other) => one - other)[Math.floor(of.length / 2)] ?? 0
  const loss = 1 - median(beside) / median(without)
  const listed = (of: readonly number[]) => of.map((one) => one.toFixed(0)).join(' ')
  console.log(`without: ${median(without).toFixed(0)} sign-ins a second (${listed(without)})`)
  console.log(`beside ${hanging} that hang: ${median(beside).toFixed(0)} (${listed(beside)})`)
  console.log(`lost: ${(loss * 100).toFixed(1)} %`)
  if (loss > 0.05) process.exitCode = 1
} finally {
  await at.close()
  await postgres.stop()
}
