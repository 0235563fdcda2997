/**
 * Countersign's people, written straight into its database with its own functions for hashing and sealing.
 *
 * Everybody is a member of one of a hundred sites, where everyone must use a second factor, and has what a real person has
 * after setting up: an authenticator app and ten backup codes. Everybody signed in once before, and left behind what that
 * leaves: a session, a device, open lanes, lines of the audit. They come back on a device that is not recognized.
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Keys } from '#crypto/keys.ts'
import { openPasswords } from '#crypto/password.ts'
import { digest, keyedDigest, newId, newToken } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import { passwordEvidence } from '#domain/assurance.ts'
import { signInLifetimeSeconds } from '#domain/sign-in.ts'
import { base32 } from '#factors/base32.ts'
import { authenticatorAddress } from '#store/person.ts'
import { laneKeys } from '#store/sign-in.ts'
import type { Ticket } from './load.ts'
import type { Preparations } from './measure.ts'
import { emailOf, password, totpSecretOf } from './people.ts'

const sites = 100

/** Inserts rows given as objects whose keys are column names; PostgreSQL itself turns the JSON into the columns' types. */
async function insert(database: pg.Pool, table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ')
  for (let at = 0; at < rows.length; at += 2000) {
    await database.query(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(rows.slice(at, at + 2000)),
    ])
  }
}

/** How JSON carries a `bytea`. */
function hex(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes).toString('hex')}`
}

export async function seedCountersign(database: pg.Pool, keys: Keys, people: number): Promise<Preparations> {
  const now = new Date()
  const provider = { id: newId(now), parent_id: null, name: 'Bench Provider', created_at: now }
  const siteRows = Array.from({ length: sites }, (_, site) => ({
    id: newId(now),
    parent_id: provider.id,
    name: `Site ${site}`,
    created_at: now,
  }))
  const organizations = [provider, ...siteRows]
  const userIds = Array.from({ length: people }, () => newId(now))
  const passwordHash = await openPasswords({ secret: keys.password }).hash(password)

  await insert(database, 'organizations', organizations)
  await insert(
    database,
    'policies',
    organizations.map(({ id }) => ({ organization_id: id, enabled: true, mode: 'everyone', new_users_required: true, version: 1 })),
  )
  await insert(
    database,
    'users',
    userIds.map((id, person) => ({
      id,
      email: emailOf(person),
      name: `Person ${person}`,
      password_hash: passwordHash,
      set_up_due: false,
      created_at: now,
    })),
  )
  await insert(
    database,
    'memberships',
    userIds.map((id, person) => ({
      organization_id: siteRows[person % sites]?.id,
      user_id: id,
      role: 'user',
      required: true,
      invited_as: emailOf(person),
      invited_at: now,
      joined_at: now,
    })),
  )
  await insert(
    database,
    'authenticators',
    userIds.flatMap((userId, person) => {
      const bind = (kind: string, label: string, secret: string, hashes: readonly string[]) => {
        const id = newId(now)
        const sealed = seal(keys.seal, authenticatorAddress(id, userId), secret)
        return { id, user_id: userId, kind, label, secret_sealed: hex(sealed), counter: 0, hashes, bound_at: now }
      }
      const backupCodes = Array.from({ length: 10 }, () => keyedDigest(keys.code, randomBytes(10).toString('hex')))
      return [
        bind('totp', 'Authenticator app', base32(totpSecretOf(person)), []),
        bind('backup-codes', 'Backup codes', base32(randomBytes(10)), backupCodes),
      ]
    }),
  )
  await leaveTraces(database, keys, userIds)
  await database.query('ANALYZE')

  return {
    async signIns(wanted) {
      const at = new Date()
      const tickets = wanted.map((person) => ticketFor(keys, person, 'sign-in'))
      await insert(
        database,
        'sign_ins',
        tickets.map(({ token, person }) => ({
          token_hash: hex(digest(token)),
          id: newId(at),
          intent: 'enter',
          user_id: userIds[person],
          evidence: [passwordEvidence(at)],
          bound: [],
          return_to: '/',
          expires_at: new Date(at.getTime() + signInLifetimeSeconds * 1000),
          version: 2,
        })),
      )
      return tickets
    },
    async sessions(wanted) {
      const at = new Date()
      const tickets = wanted.map((person) => ticketFor(keys, person, 'session'))
      await insert(
        database,
        'sessions',
        tickets.map(({ token, person }) => sessionRow(token, userIds[person], at)),
      )
      return tickets
    },
  }
}

/** One more person with a role and a session that is fresh. */
export async function addMember(
  database: pg.Pool,
  keys: Keys,
  organizationId: string,
  role: string,
): Promise<Required<Omit<Ticket, 'request'>>> {
  const at = new Date()
  const id = newId(at)
  await insert(database, 'users', [{ id, email: `${id}@bench.example`, name: `Bench ${role}`, set_up_due: false, created_at: at }])
  const membership = {
    organization_id: organizationId,
    user_id: id,
    role,
    required: false,
    invited_as: role,
    invited_at: at,
    joined_at: at,
  }
  await insert(database, 'memberships', [membership])
  const ticket = ticketFor(keys, -1, 'session')
  await insert(database, 'sessions', [sessionRow(ticket.token, id, at)])
  return ticket
}

async function leaveTraces(database: pg.Pool, keys: Keys, userIds: readonly string[]): Promise<void> {
  const at = new Date(Date.now() - 30 * 60_000)
  const session = (userId: string) => sessionRow(newToken(), userId, at)
  await insert(database, 'sessions', userIds.map(session))
  await insert(
    database,
    'throttles',
    userIds.flatMap((userId, person) =>
      [laneKeys.passwordsOf(keyedDigest(keys.lane, emailOf(person))), laneKeys.codesOf(userId)].map((key) => ({
        key,
        failures: 0,
        updated_at: at,
      })),
    ),
  )
  await insert(
    database,
    'audit_events',
    userIds.flatMap((userId) =>
      ['authenticator.bound', 'backup-codes.drawn', 'session.started'].map((action) => ({
        id: newId(at),
        at,
        action,
        actor_id: userId,
        subject_id: userId,
        address: '127.0.0.1',
        request_id: newId(at),
        detail: { amr: ['pwd', 'otp', 'mfa'], aal: 2 },
      })),
    ),
  )
}

function sessionRow(token: string, userId: string | undefined, at: Date): Readonly<Record<string, unknown>> {
  return {
    token_hash: hex(digest(token)),
    id: newId(at),
    user_id: userId,
    evidence: [passwordEvidence(at), { kind: 'totp', proves: ['have'], amr: ['otp'], at }],
    started_at: at,
    last_seen_at: at,
    address: '127.0.0.1',
    browser: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  }
}

function ticketFor(
  keys: Keys,
  person: number,
  cookie: 'sign-in' | 'session',
): Required<Omit<Ticket, 'request'>> & { readonly token: string } {
  const token = newToken()
  return { person, token, cookie: `countersign-${cookie}=${token}`, csrfToken: keyedDigest(keys.csrf, token) }
}
