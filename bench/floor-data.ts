/** What the floor keeps, and how a window's people get their half sign-ins and sessions without paying for hashing. */
import { createHash, randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import type pg from 'pg'
import type { Ticket } from './load.ts'
import type { Preparations } from './measure.ts'
import { argon2Parameters, emailOf, password, totpSecretOf } from './people.ts'

const tables = `
  CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, password_hash text NOT NULL);
  CREATE TABLE authenticators (user_id bigint PRIMARY KEY, secret bytea NOT NULL, last_step bigint NOT NULL DEFAULT 0) WITH (fillfactor = 80);
  CREATE TABLE sign_ins (token_digest bytea PRIMARY KEY, user_id bigint NOT NULL, failures int NOT NULL DEFAULT 0, expires_at timestamptz NOT NULL);
  CREATE TABLE sessions (token_digest bytea PRIMARY KEY, user_id bigint NOT NULL, expires_at timestamptz NOT NULL);
`

export async function seedFloor(database: pg.Pool, people: number): Promise<void> {
  await database.query(tables)
  const passwordHash = await hash(password, argon2Parameters)
  const ids = Array.from({ length: people }, (_, person) => person)
  await database.query('INSERT INTO users SELECT id, email, $3 FROM unnest($1::bigint[], $2::text[]) AS t(id, email)', [
    ids,
    ids.map(emailOf),
    passwordHash,
  ])
  await database.query('INSERT INTO authenticators (user_id, secret) SELECT * FROM unnest($1::bigint[], $2::bytea[])', [
    ids,
    ids.map(totpSecretOf),
  ])
  // Everybody signed in once before, as in Countersign's database.
  await floorPreparations(database).sessions(ids)
  await database.query('ANALYZE users, authenticators, sessions')
}

export function floorPreparations(database: pg.Pool): Preparations {
  async function insert(people: readonly number[], cookie: string, statement: string): Promise<Ticket[]> {
    const tokens = people.map(() => randomBytes(32).toString('base64url'))
    const digests = tokens.map((token) => createHash('sha256').update(token).digest())
    await database.query(statement, [digests, people])
    return tokens.map((token, index) => ({ person: people[index] as number, cookie: `${cookie}=${token}` }))
  }
  return {
    signIns: (people) =>
      insert(
        people,
        'sign-in',
        `INSERT INTO sign_ins (token_digest, user_id, expires_at)
         SELECT digest, person, now() + interval '10 minutes' FROM unnest($1::bytea[], $2::bigint[]) AS t(digest, person)`,
      ),
    sessions: (people) =>
      insert(
        people,
        'session',
        `INSERT INTO sessions (token_digest, user_id, expires_at)
         SELECT digest, person, now() + interval '12 hours' FROM unnest($1::bytea[], $2::bigint[]) AS t(digest, person)`,
      ),
  }
}
