/** What this machine can do at best, taken in the same run, so that a figure from elsewhere can be read against it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { hash, verify } from '@node-rs/argon2'
import pg from 'pg'
import type { Generator } from './measure.ts'
import { argon2Parameters, password, stepAt, totpCode, totpSecretOf } from './people.ts'

export interface Limit {
  readonly name: string
  readonly perSecond: number
}

async function inFlight(lanes: number, seconds: number, work: (lane: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  const deadline = startedAt + seconds * 1000
  let done = 0
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < deadline) {
        await work(lane)
        done += 1
      }
    }),
  )
  return (done / (performance.now() - startedAt)) * 1000
}

function totpChecks(seconds: number): number {
  const secret = totpSecretOf(0)
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < seconds * 1000) {
    const now = stepAt(Date.now())
    for (const step of [now - 1, now, now + 1]) totpCode(secret, step)
    done += 1
  }
  return (done / (performance.now() - startedAt)) * 1000
}

async function commits(connectionString: string, clients: number, seconds: number): Promise<number> {
  const open = Array.from({ length: clients }, () => new pg.Client({ connectionString }))
  await Promise.all(open.map((client) => client.connect()))
  let at = 0
  const perSecond = await inFlight(clients, seconds, (lane) =>
    // Every client has rows of its own: what is measured is the commit, not waiting for one another.
    (open[lane] as pg.Client).query({
      name: 'bump',
      text: 'UPDATE commit_limit SET n = n + 1 WHERE id = $1',
      values: [lane * 100 + (at++ % 100)],
    }),
  )
  await Promise.all(open.map((client) => client.end()))
  return perSecond
}

async function emptyAnswers(port: number, generator: Generator, seconds: number): Promise<number> {
  const server = fork(fileURLToPath(import.meta.url), ['answer-empty', String(port)])
  await once(server, 'message')
  const outcome = await generator.run({ operation: 'empty', port, callers: 32, seconds, tickets: [{ person: 0 }] })
  server.kill()
  return outcome.perSecond
}

export async function* machineLimits(connectionString: string, port: number, generator: Generator, seconds: number): AsyncGenerator<Limit> {
  const hashed = await hash(password, argon2Parameters)
  for (const lanes of [2, 4]) {
    yield { name: `argon2id 19 MiB t=2 p=1, ${lanes} in flight`, perSecond: await inFlight(lanes, seconds, () => verify(hashed, password)) }
  }
  yield { name: 'TOTP check, window of 3, one thread', perSecond: totpChecks(seconds / 4) }
  const database = new pg.Client({ connectionString })
  await database.connect()
  await database.query(`CREATE TABLE commit_limit (id int PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 50)`)
  await database.query(`INSERT INTO commit_limit SELECT id, 0 FROM generate_series(0, 3199) AS id`)
  for (const clients of [1, 8, 32]) {
    yield {
      name: `single-row UPDATE commits, ${clients} client${clients === 1 ? '' : 's'}`,
      perSecond: await commits(connectionString, clients, seconds),
    }
  }
  await database.end()
  yield { name: 'empty node:http answer, 32 connections', perSecond: await emptyAnswers(port, generator, seconds) }
}

if (process.argv[2] === 'answer-empty') {
  createServer((_, response) => response.writeHead(200, { 'content-length': 0 }).end()).listen(Number(process.argv[3]), '127.0.0.1', () =>
    process.send?.('listening'),
  )
}
