import type { Evidence } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Cost } from '#domain/factor.ts'
import type { Intent } from '#domain/sign-in.ts'
import type { Lane } from '#domain/throttle.ts'
import type { Store } from './store.ts'

/** Where a request came from, for the audit. */
export interface Origin {
  readonly address: string
  readonly requestId: string
}

/** An audit event with its row's id. With `whenFailures` it is written only if the lane now counts exactly so many. */
export interface EventRow extends AuditEvent {
  readonly id: string
  readonly whenFailures?: number
}

/**
 * A mail with its row's id and its values sealed. With `whenFailures` it is written only if the lane now counts exactly so many, with
 * `whenCodesLeft` only if the backup code that was spent left exactly so many.
 */
export interface MessageRow {
  readonly id: string
  readonly to: string
  readonly template: string
  readonly sealed: Buffer
  readonly whenFailures?: number
  readonly whenCodesLeft?: number
}

/** How a sign-in row changes. Hashes are SHA-256 of the cookie's token. */
export type SignInChange =
  | { readonly change: 'add'; readonly tokenHash: Buffer; readonly row: SignInRow }
  | { readonly change: 'advance'; readonly tokenHash: Buffer; readonly from: number; readonly row: SignInRow }
  | { readonly change: 'close'; readonly tokenHash: Buffer; readonly from: number }

export interface SignInRow {
  readonly id: string
  readonly intent: Intent
  readonly userId: string
  readonly sessionId?: string
  readonly evidence: readonly Evidence[]
  readonly enrollmentSealed?: Buffer
  readonly bound: readonly string[]
  readonly returnTo: string
  readonly expiresAt: Date
  readonly version: number
}

/**
 * Everything that one answer changes. {@link settle} writes it as ONE statement: the lane's limit, the price of the answer and
 * the version of the sign-in stand in its conditions, so it happens whole, or not at all, and at most once.
 */
export interface Settlement {
  readonly now: Date
  readonly origin: Origin
  readonly userId?: string
  /** The lane that bears the answer: `charge` counts a wrong one, `clear` forgives, `keep` only asks whether it is open. */
  readonly lane?: { readonly key: string; readonly rules: Lane; readonly effect: 'charge' | 'clear' | 'keep' }
  /** The hash of the password that was found right. When it was changed in the meantime, nothing of this happens. */
  readonly passwordHash?: string
  readonly spend?: { readonly authenticatorId: string; readonly cost: Cost }
  readonly signIn?: SignInChange
  /**
   * Retires what is bound: all of it, or of one kind. One kind goes with no `spend`. Like {@link Settlement.bind} it ends the time of
   * all remembered devices.
   */
  readonly retire?: { readonly kind?: string }
  readonly bind?: {
    readonly id: string
    readonly kind: string
    readonly label: string
    readonly secretSealed: Buffer
    readonly counter: number
    readonly hashes: readonly string[]
  }
  /** The remembered device that spares the second step; it must still count. Goes with `passwordHash`. */
  readonly recall?: { readonly deviceId: string }
  /** Remembers the device that the answer came from. */
  readonly remember?: { readonly id: string; readonly tokenHash: Buffer; readonly browser: string; readonly expiresAt: Date }
  readonly session?:
    | {
        readonly change: 'add'
        readonly tokenHash: Buffer
        readonly id: string
        readonly evidence: readonly Evidence[]
        readonly browser: string
        /** The remembered device that the session rests on. */
        readonly deviceId?: string
      }
    | { readonly change: 'prove'; readonly tokenHash: Buffer; readonly id: string; readonly evidence: readonly Evidence[] }
  /** Hash of the session cookie that the new session takes the place of. */
  readonly replaces?: Buffer
  /** Ends all sessions of the person but this one, and every other sign-in that hangs open. */
  readonly endOthers?: { readonly butSession?: string }
  /** The debt of a set-up is paid; goes with `bind` or `retire`. */
  readonly setUpDone?: boolean
  readonly events: readonly EventRow[]
  readonly messages: readonly MessageRow[]
}

export interface Settled {
  /** Whether the lane took the answer; when not, nothing at all was changed and nothing may be told but "too many". */
  readonly isOpen: boolean
  /** Whether everything else was written. False after an open lane: the price was paid, or the sign-in moved on, in the meantime. */
  readonly isDone: boolean
  /** Whether the price could still be paid; false means that the same answer won elsewhere a moment ago. */
  readonly isSpent: boolean
  readonly failures: number
  readonly waitUntil: Date | null
}

/**
 * Writes a settlement. Each part asks whether the part before it happened: lane → password → device → price → sign-in → session → all the rest.
 * The row locks of PostgreSQL make the parts before race-free: a second statement waits for the first and then looks again.
 */
export async function settle({ db, run }: Store, settlement: Settlement): Promise<Settled> {
  const {
    now,
    origin,
    userId,
    lane,
    passwordHash,
    replaces,
    recall,
    remember,
    spend,
    signIn,
    retire,
    bind,
    session,
    endOthers,
    setUpDone,
    events,
    messages,
  } = settlement
  const parameters: unknown[] = []
  const $ = (value: unknown, type: string) => `$${parameters.push(value)}::${type}`
  const parts: string[] = []
  let gate = 'true'
  const part = (name: string, text: string, isGate = false) => {
    parts.push(`${name} as (${text})`)
    if (isGate) gate = `exists (select from ${name})`
  }
  const at = $(now.toISOString(), 'timestamptz')

  if (lane) {
    const key = $(lane.key, 'text')
    const isCharged = lane.effect === 'charge'
    const waits = isCharged ? $(lane.rules.waits, 'int[]') : ''
    const pauseAfter = (nth: string) => (isCharged ? `${at} + make_interval(secs => nullif((${waits})[${nth}], 0))` : 'null')
    const failures = { charge: 't.failures + 1', clear: '0', keep: 't.failures' }[lane.effect]
    part(
      'lane',
      `insert into throttles as t (key, failures, wait_until, updated_at) values (${key}, ${isCharged ? 1 : 0}, ${pauseAfter('1')}, ${at})
        on conflict (key) do update set failures = ${failures}, updated_at = ${at}, wait_until = ${pauseAfter(`least(t.failures + 1, ${lane.rules.waits.length})`)}
        where t.failures < ${$(lane.rules.limit, 'int')} and (t.wait_until is null or t.wait_until <= ${at})
        returning failures`,
      true,
    )
  }
  if (passwordHash !== undefined) {
    // The lock makes a change of password that is on its way wait, or be waited for: it then ends what this statement begins.
    part(
      'held',
      `select id, device_epoch from users where id = ${$(userId, 'uuid')} and password_hash = ${$(passwordHash, 'text')} and ${gate} for share`,
      true,
    )
  }
  if (recall) {
    // The epoch is that of the locked row: whoever forgets all devices is waited for, and has then forgotten this one.
    part(
      'recalled',
      `update remembered_devices set last_used_at = ${at} where id = ${$(recall.deviceId, 'uuid')} and user_id = ${$(userId, 'uuid')}
        and epoch = (select device_epoch from held) and expires_at > ${at} and ${gate} returning id`,
      true,
    )
  }
  // PostgreSQL changes a row once per statement: an authenticator that pays and is retired is changed by one part alone.
  const isRetiredToo = spend !== undefined && retire !== undefined && retire.kind === undefined
  if (spend) {
    const [set, condition] =
      'counter' in spend.cost
        ? [`counter = ${$(spend.cost.counter, 'bigint')}`, `counter < $${parameters.length}::bigint`]
        : [
            `hashes = array_remove(hashes, ${$(spend.cost.hash, 'text')}), used_hashes = array_append(used_hashes, $${parameters.length}::text)`,
            `$${parameters.length}::text = any (hashes)`,
          ]
    part(
      'spent',
      `update authenticators set ${set}, last_used_at = ${at}${isRetiredToo ? `, retired_at = ${at}` : ''}
        where id = ${$(spend.authenticatorId, 'uuid')} and user_id = ${$(userId, 'uuid')} and retired_at is null and ${condition} and ${gate}
        returning id, cardinality(hashes) as codes_left`,
      true,
    )
  }
  if (signIn) part('signed', signInPart(signIn, at, gate, $), true)
  if (session?.change === 'add') {
    part(
      'opened',
      `insert into sessions (token_hash, id, user_id, evidence, started_at, last_seen_at, address, browser, device_id)
        select ${$(session.tokenHash, 'bytea')}, ${$(session.id, 'uuid')}, ${$(userId, 'uuid')}, ${$(JSON.stringify(session.evidence), 'jsonb')}, ${at}, ${at},
          ${$(origin.address, 'text')}, ${$(session.browser, 'text')}, ${$(session.deviceId ?? null, 'uuid')} where ${gate} returning id`,
      true,
    )
  } else if (session) {
    part(
      'opened',
      `update sessions set token_hash = ${$(session.tokenHash, 'bytea')}, evidence = ${$(JSON.stringify(session.evidence), 'jsonb')}, last_seen_at = ${at}, device_id = null
        where id = ${$(session.id, 'uuid')} and user_id = ${$(userId, 'uuid')} and ${gate} returning id`,
      true,
    )
  }
  if (retire) {
    const kind = retire.kind === undefined ? '' : ` and kind = ${$(retire.kind, 'text')}`
    const others = isRetiredToo ? ` and id <> ${$(spend.authenticatorId, 'uuid')}` : ''
    part(
      'retired',
      `update authenticators set retired_at = ${at} where user_id = ${$(userId, 'uuid')} and retired_at is null${kind}${others} and ${gate}`,
    )
  }
  if (bind) {
    part(
      'bound',
      `insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at, last_used_at)
        select ${$(bind.id, 'uuid')}, ${$(userId, 'uuid')}, ${$(bind.kind, 'text')}, ${$(bind.label, 'text')}, ${$(bind.secretSealed, 'bytea')},
          ${$(bind.counter, 'bigint')}, ${$(bind.hashes, 'text[]')}, ${at}, null where ${gate}`,
    )
  }
  if (endOthers) {
    const user = $(userId, 'uuid')
    const kept = endOthers.butSession === undefined ? '' : ` and id <> ${$(endOthers.butSession, 'uuid')}`
    part('ended', `delete from sessions where user_id = ${user}${kept} and ${gate}`)
    const open = signIn ? ` and token_hash <> ${$(signIn.tokenHash, 'bytea')}` : ''
    part('dropped', `delete from sign_ins where user_id = ${user}${open} and ${gate}`)
  }
  if (replaces) part('replaced', `delete from sessions where token_hash = ${$(replaces, 'bytea')} and ${gate}`)
  if (remember) {
    // The epoch may be too old by now, never too new: a device whose epoch ended while it was written is dead.
    part(
      'remembered',
      `insert into remembered_devices (id, token_hash, user_id, epoch, browser, address, created_at, last_used_at, expires_at)
        select ${$(remember.id, 'uuid')}, ${$(remember.tokenHash, 'bytea')}, id, device_epoch, ${$(remember.browser, 'text')}, ${$(origin.address, 'text')},
          ${at}, ${at}, ${$(remember.expiresAt.toISOString(), 'timestamptz')} from users where id = ${$(userId, 'uuid')} and ${gate}`,
    )
  }
  if (bind || retire) {
    const done = setUpDone ? ', set_up_due = false' : ''
    part('changed', `update users set device_epoch = device_epoch + 1${done} where id = ${$(userId, 'uuid')} and ${gate}`)
  }
  const when = (failures: number | undefined) => (failures === undefined ? '' : ` and (select failures from lane) = ${$(failures, 'int')}`)
  for (const [nth, { id, action, organizationId, actorId, subjectId, detail, whenFailures }] of events.entries()) {
    part(
      `noted_${nth}`,
      `insert into audit_events (id, at, action, organization_id, actor_id, subject_id, address, request_id, detail)
        select ${$(id, 'uuid')}, ${at}, ${$(action, 'text')}, ${$(organizationId ?? null, 'uuid')}, ${$(actorId ?? null, 'uuid')}, ${$(subjectId ?? null, 'uuid')},
          ${$(origin.address, 'text')}, ${$(origin.requestId, 'text')}, ${$(JSON.stringify(detail ?? {}), 'jsonb')} where ${gate}${when(whenFailures)}`,
    )
  }
  for (const [nth, { id, template, to, sealed, whenFailures, whenCodesLeft }] of messages.entries()) {
    const whenLeft = whenCodesLeft === undefined ? '' : ` and (select codes_left from spent) = ${$(whenCodesLeft, 'int')}`
    part(
      `told_${nth}`,
      `insert into messages (id, template, to_address, values_sealed, created_at, next_attempt_at)
        select ${$(id, 'uuid')}, ${$(template, 'text')}, ${$(to, 'text')}, ${$(sealed, 'bytea')}, ${at}, ${at} where ${gate}${when(whenFailures)}${whenLeft}`,
    )
  }
  const text = `with ${parts.join(',\n')}
    select ${at} as at, ${lane ? 'exists (select from lane)' : 'true'} as is_open, ${spend ? 'exists (select from spent)' : 'true'} as is_spent, ${gate} as is_done,
      ${lane ? '(select failures from lane)' : '0'} as failures`
  const [row] = await run<{
    is_open: boolean
    is_spent: boolean
    is_done: boolean
    failures: number | null
  }>(text, parameters)
  if (!row) throw new Error('A settlement answers with one row.')
  // A lane that others shut while this one waited for them shows in a fresh look only: the statement still sees it open.
  const shut =
    lane && !row.is_open
      ? await db.selectFrom('throttles').select(['failures', 'wait_until']).where('key', '=', lane.key).executeTakeFirst()
      : undefined
  return {
    isOpen: row.is_open,
    isSpent: row.is_spent,
    isDone: row.is_done,
    failures: shut?.failures ?? row.failures ?? 0,
    waitUntil: shut?.wait_until ?? null,
  }
}

function signInPart(signIn: SignInChange, at: string, gate: string, $: (value: unknown, type: string) => string): string {
  if (signIn.change === 'close') {
    return `delete from sign_ins where token_hash = ${$(signIn.tokenHash, 'bytea')} and version = ${$(signIn.from, 'int')} and expires_at > ${at} and ${gate} returning id`
  }
  const { row } = signIn
  if (signIn.change === 'advance') {
    return `update sign_ins set evidence = ${$(JSON.stringify(row.evidence), 'jsonb')}, enrollment_sealed = ${$(row.enrollmentSealed ?? null, 'bytea')},
        bound = ${$(row.bound, 'text[]')}, version = ${$(row.version, 'int')}
      where token_hash = ${$(signIn.tokenHash, 'bytea')} and version = ${$(signIn.from, 'int')} and expires_at > ${at} and ${gate} returning id`
  }
  return `insert into sign_ins (token_hash, id, intent, user_id, session_id, evidence, enrollment_sealed, bound, return_to, expires_at, version)
    select ${$(signIn.tokenHash, 'bytea')}, ${$(row.id, 'uuid')}, ${$(row.intent, 'text')}, ${$(row.userId, 'uuid')}, ${$(row.sessionId ?? null, 'uuid')},
      ${$(JSON.stringify(row.evidence), 'jsonb')}, ${$(row.enrollmentSealed ?? null, 'bytea')}, ${$(row.bound, 'text[]')}, ${$(row.returnTo, 'text')},
      ${$(row.expiresAt, 'timestamptz')}, ${$(row.version, 'int')} where ${gate} returning id`
}
