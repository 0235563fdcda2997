/**
 * What 200 people who wait for a Duo that never answers cost everybody else: sign-ins a second without them and with them, turn by turn
 * on one server and its own PostgreSQL. `node bench/hanging-duo.ts`; it ends with 1 when more than a twentieth is lost.
 */
import { hanging, openHangingDuo } from '../test/hanging-duo.ts'
import { start } from '../test/kit.ts'
import { startPostgres } from '../test/machine/postgres.ts'

const rounds = 8
const callers = 8
/** Shorter than the five seconds after which a question is given up, so that all of them hang the whole time. */
const windowSeconds = 3

const postgres = await startPostgres({ durable: true })
process.env.TEST_DATABASE_URL = postgres.url
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
    without.push(await perSecond(windowSeconds))
    const { ended, over } = await at.hang()
    beside.push(await perSecond(windowSeconds))
    if (ended() > 0) throw new Error(`${ended()} of them hung no more before the window was over.`)
    await over
  }
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
