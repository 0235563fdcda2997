import type { Evidence } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Challenge, DuoChallenge } from '#domain/challenge.ts'
import type { Cost } from '#domain/factor.ts'
import type { Channel } from '#domain/message.ts'
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
 * A message with its row's id and its values sealed. With `whenFailures` it is written only if the lane now counts exactly so many, with
 * `whenCodesLeft` only if the backup code that was spent left exactly so many.
 */
export interface MessageRow {
  readonly id: string
  readonly to: string
  readonly template: string
  readonly sealed: Buffer
  readonly channel: Channel
  readonly expiresAt?: Date
  readonly organizationId?: string
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
  readonly challenge?: Challenge | DuoChallenge
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
  readonly lane?: {
    readonly key: string
    readonly rules: Lane
    readonly effect: 'charge' | 'clear' | 'keep'
    /**
     * The attempt was charged before somebody else was asked, and was the so many-th; it is given back, with the wait that it caused.
     * The lane was open then, so it is not asked whether it is now.
     */
    readonly charged?: number
  }
  /** The hash of the password that was found right. When it was changed in the meantime, nothing of this happens. */
  readonly passwordHash?: string
  readonly spend?: { readonly authenticatorId: string; readonly cost: Cost }
  /**
   * Spends the person's one-time pass of this hash, if it still counts, and makes a set-up due. It goes with `retire` of all and
   * with no `spend`.
   */
  readonly spendPass?: { readonly hash: string }
  /** The right password was followed by what no mail could have brought: whoever set it through a mailed link was the person. */
  readonly passwordOwned?: boolean
  readonly signIn?: SignInChange
  /**
   * Retires what is bound: all of it, or of some kinds. Some kinds go with no `spend`. Like {@link Settlement.bind} it ends the time of
   * all remembered devices.
   */
  readonly retire?: { readonly kinds?: readonly string[] }
  readonly bind?: {
    readonly id: string
    readonly kind: string
    readonly label: string
    readonly secretSealed: Buffer
    readonly counter: number
    readonly hashes: readonly string[]
    /** Digest of whom a service outside knows the person as: it stands for one person, see {@link Settled.isTaken}. */
    readonly knownAs?: Buffer
  }
  /** The number that a code has proved becomes the person's; goes with `bind`. */
  readonly verifiedPhone?: string
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
  /** Whether nothing at all was written, because whom the new authenticator stands for is bound to somebody else already. */
  readonly isTaken?: boolean
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
  const { lane } = settlement
  const { text, values } = statementFor(settlement)
  const [row] = await run<{ is_spent: boolean; is_done: boolean; failures: number | null }>(
    text,
    values.map((of) => of(settlement) ?? null),
  ).catch((error: unknown) => {
    if (isKnownAlready(error)) return [undefined]
    throw error
  })
  if (settlement.bind?.knownAs && !row) return { isOpen: true, isTaken: true, isDone: false, isSpent: true, failures: 0, waitUntil: null }
  if (!row) throw new Error('A settlement answers with one row.')
  const isOpen = row.failures !== null
  // A lane that others shut while this one waited for them shows in a fresh look only: the statement still sees it open.
  const shut =
    lane && !isOpen
      ? await db.selectFrom('throttles').select(['failures', 'wait_until']).where('key', '=', lane.key).executeTakeFirst()
      : undefined
  return {
    isOpen,
    isSpent: row.is_spent,
    isDone: row.is_done,
    failures: shut?.failures ?? row.failures ?? 0,
    waitUntil: shut?.wait_until ?? null,
  }
}

/** The unique index of those who are known outside has refused a row. */
const isKnownAlready = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'authenticators_known_as'

/** A statement, and where in a settlement each of its parameters is found. */
interface Statement {
  readonly text: string
  readonly values: readonly Value[]
}

type Value = (settlement: Settlement) => unknown

/**
 * All that the text of the statement depends on. A text is written once for each shape: to write one costs more than to check a code,
 * and the database prepares it once. The text is made from this alone, so two settlements of one shape can share it.
 */
interface Shape {
  readonly lane: 'charge' | 'clear' | 'keep' | undefined
  readonly givesBack: boolean
  readonly holdsPassword: boolean
  readonly recalls: boolean
  readonly spends: 'counter' | 'hash' | 'challenge' | 'pass' | undefined
  readonly signIn: SignInChange['change'] | undefined
  readonly session: 'add' | 'prove' | undefined
  readonly retires: 'all' | 'kinds' | undefined
  readonly binds: boolean
  readonly knowsAs: boolean
  readonly verifiesPhone: boolean
  readonly remembers: boolean
  readonly ends: 'all' | 'others' | undefined
  readonly replaces: boolean
  readonly setUpDone: boolean
  readonly passwordOwned: boolean
  /** For each event and message: whether it depends on the count of the lane, or on the codes that are left. */
  readonly events: readonly Condition[]
  readonly messages: readonly Condition[]
}

type Condition = 'failures' | 'codesLeft' | undefined

function conditionOf(row: EventRow | MessageRow): Condition {
  if (row.whenFailures !== undefined) return 'failures'
  return 'whenCodesLeft' in row && row.whenCodesLeft !== undefined ? 'codesLeft' : undefined
}

function shapeOf(one: Settlement): Shape {
  return {
    lane: one.lane?.effect,
    givesBack: one.lane?.charged !== undefined,
    holdsPassword: one.passwordHash !== undefined,
    recalls: one.recall !== undefined,
    spends: one.spendPass
      ? 'pass'
      : one.spend && ('counter' in one.spend.cost ? 'counter' : 'hash' in one.spend.cost ? 'hash' : 'challenge'),
    signIn: one.signIn?.change,
    session: one.session?.change,
    retires: one.retire && (one.retire.kinds === undefined ? 'all' : 'kinds'),
    binds: one.bind !== undefined,
    knowsAs: one.bind?.knownAs !== undefined,
    verifiesPhone: one.verifiedPhone !== undefined,
    remembers: one.remember !== undefined,
    ends: one.endOthers && (one.endOthers.butSession === undefined ? 'all' : 'others'),
    replaces: one.replaces !== undefined,
    setUpDone: one.setUpDone === true,
    passwordOwned: one.passwordOwned === true,
    events: one.events.map(conditionOf),
    messages: one.messages.map(conditionOf),
  }
}

const statements = new Map<string, Statement>()

function statementFor(settlement: Settlement): Statement {
  const shape = shapeOf(settlement)
  const key = JSON.stringify(shape)
  const statement = statements.get(key) ?? statementOf(shape)
  statements.set(key, statement)
  return statement
}

function statementOf(shape: Shape): Statement {
  const values: Value[] = []
  const $ = (value: Value, type: string) => `$${values.push(value)}::${type}`
  /** For what several parts ask for. PostgreSQL wants to see each parameter used, so it is one only once it is asked for. */
  const shared = (value: Value, type: string) => {
    let parameter: string | undefined
    return () => {
      parameter ??= $(value, type)
      return parameter
    }
  }
  const parts: string[] = []
  let gate = 'true'
  const part = (name: string, text: string, isGate = false) => {
    parts.push(`${name} as (${text})`)
    if (isGate) gate = `exists (select from ${name})`
  }
  const at = $((one) => one.now.toISOString(), 'timestamptz')
  const user = shared((one) => one.userId, 'uuid')
  const address = shared((one) => one.origin.address, 'text')
  const requestId = shared((one) => one.origin.requestId, 'text')
  const authenticator = shared((one) => one.spend?.authenticatorId, 'uuid')

  if (shape.lane && shape.givesBack) {
    const key = $((one) => one.lane?.key, 'text')
    const charged = $((one) => one.lane?.charged, 'int')
    const failures = shape.lane === 'clear' ? '0' : 'greatest(t.failures - 1, 0)'
    part(
      'lane',
      `insert into throttles as t (key, failures, wait_until, updated_at) values (${key}, 0, null, ${at})
        on conflict (key) do update set failures = ${failures}, updated_at = ${at},
          wait_until = case when ${shape.lane === 'clear'} or t.failures = ${charged} then null else t.wait_until end
        returning failures`,
      true,
    )
  } else if (shape.lane) {
    const key = $((one) => one.lane?.key, 'text')
    const isCharged = shape.lane === 'charge'
    const waits = isCharged ? $((one) => one.lane?.rules.waits, 'int[]') : ''
    const pauseAfter = (nth: string) => (isCharged ? `${at} + make_interval(secs => nullif((${waits})[${nth}], 0))` : 'null')
    const failures = { charge: 't.failures + 1', clear: '0', keep: 't.failures' }[shape.lane]
    part(
      'lane',
      `insert into throttles as t (key, failures, wait_until, updated_at) values (${key}, ${isCharged ? 1 : 0}, ${pauseAfter('1')}, ${at})
        on conflict (key) do update set failures = ${failures}, updated_at = ${at}, wait_until = ${pauseAfter(`least(t.failures + 1, cardinality(${waits}))`)}
        where t.failures < ${$((one) => one.lane?.rules.limit, 'int')} and (t.wait_until is null or t.wait_until <= ${at})
        returning failures`,
      true,
    )
  }
  if (shape.holdsPassword) {
    // The lock makes a change of password that is on its way wait, or be waited for: it then ends what this statement begins.
    const hash = $((one) => one.passwordHash, 'text')
    part('held', `select id, device_epoch from users where id = ${user()} and password_hash = ${hash} and ${gate} for share`, true)
  }
  if (shape.recalls) {
    // The epoch is that of the locked row: whoever forgets all devices is waited for, and has then forgotten this one.
    part(
      'recalled',
      `update remembered_devices set last_used_at = ${at} where id = ${$((one) => one.recall?.deviceId, 'uuid')} and user_id = ${user()}
        and epoch = (select device_epoch from held) and expires_at > ${at} and ${gate} returning id`,
      true,
    )
  }
  // PostgreSQL changes a row once per statement: an authenticator that pays and is retired is changed by one part alone.
  const isRetiredToo = shape.spends !== undefined && shape.spends !== 'pass' && shape.retires === 'all'
  if (shape.spends === 'pass') {
    // All that it changes of the person in one part; a password set through a mail since has ended a pass that was mailed whole.
    const pass = $((one) => one.spendPass?.hash, 'text')
    part(
      'spent',
      `update users set one_time_pass = null, set_up_due = true, device_epoch = device_epoch + 1
        where id = ${user()} and one_time_pass->>'hash' = ${pass} and (one_time_pass->>'expiresAt')::timestamptz > ${at}
          and ((one_time_pass->>'isSplit')::boolean or not password_mailed) and ${gate}
        returning id, 0 as codes_left`,
      true,
    )
  } else if (shape.spends) {
    const [set, condition] = priceOf(shape.spends, $)
    part(
      'spent',
      `update authenticators set ${set}last_used_at = ${at}${isRetiredToo ? `, retired_at = ${at}` : ''}
        where id = ${authenticator()} and user_id = ${user()} and retired_at is null${condition} and ${gate}
        returning id, cardinality(hashes) as codes_left`,
      true,
    )
  }
  const signInToken = shared((one) => one.signIn?.tokenHash, 'bytea')
  if (shape.signIn) part('signed', signInPart(shape.signIn, { $, token: signInToken(), at, gate }), true)
  if (shape.session) {
    const token = $((one) => one.session?.tokenHash, 'bytea')
    const id = $((one) => one.session?.id, 'uuid')
    const evidence = $((one) => JSON.stringify(one.session?.evidence), 'jsonb')
    part(
      'opened',
      shape.session === 'add'
        ? `insert into sessions (token_hash, id, user_id, evidence, started_at, last_seen_at, address, browser, device_id)
        select ${token}, ${id}, ${user()}, ${evidence}, ${at}, ${at}, ${address()}, ${$(browserOf, 'text')}, ${$(deviceOf, 'uuid')}
        where ${gate} returning id`
        : `update sessions set token_hash = ${token}, evidence = ${evidence}, last_seen_at = ${at}, device_id = null
        where id = ${id} and user_id = ${user()} and ${gate} returning id`,
      true,
    )
  }
  if (shape.retires) {
    const kind = shape.retires === 'all' ? '' : ` and kind = any (${$((one) => one.retire?.kinds, 'text[]')})`
    const others = isRetiredToo ? ` and id <> ${authenticator()}` : ''
    part(
      'retired',
      `update authenticators set retired_at = ${at} where user_id = ${user()} and retired_at is null${kind}${others} and ${gate}${shape.knowsAs ? ' returning id' : ''}`,
    )
  }
  if (shape.binds) {
    const known = shape.knowsAs ? `, ${$((one) => one.bind?.knownAs, 'bytea')}` : ''
    // Parts run in no order of their own: the one that is replaced must have gone first, for it stands for the same user outside.
    const after = shape.knowsAs && shape.retires ? ' and (select count(*) from retired) >= 0' : ''
    part(
      'bound',
      `insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at, last_used_at${shape.knowsAs ? ', known_as' : ''})
        select ${$((one) => one.bind?.id, 'uuid')}, ${user()}, ${$((one) => one.bind?.kind, 'text')}, ${$((one) => one.bind?.label, 'text')},
          ${$((one) => one.bind?.secretSealed, 'bytea')}, ${$((one) => one.bind?.counter, 'bigint')}, ${$((one) => one.bind?.hashes, 'text[]')},
          ${at}, null${known} where ${gate}${after}`,
    )
  }
  if (shape.ends) {
    const kept = shape.ends === 'all' ? '' : ` and id <> ${$((one) => one.endOthers?.butSession, 'uuid')}`
    part('ended', `delete from sessions where user_id = ${user()}${kept} and ${gate}`)
    const open = shape.signIn ? ` and token_hash <> ${signInToken()}` : ''
    part('dropped', `delete from sign_ins where user_id = ${user()}${open} and ${gate}`)
  }
  if (shape.replaces) part('replaced', `delete from sessions where token_hash = ${$((one) => one.replaces, 'bytea')} and ${gate}`)
  if (shape.remembers) {
    // The epoch may be too old by now, never too new: a device whose epoch ended while it was written is dead.
    part(
      'remembered',
      `insert into remembered_devices (id, token_hash, user_id, epoch, browser, address, created_at, last_used_at, expires_at)
        select ${$((one) => one.remember?.id, 'uuid')}, ${$((one) => one.remember?.tokenHash, 'bytea')}, id, device_epoch,
          ${$((one) => one.remember?.browser, 'text')}, ${address()}, ${at}, ${at}, ${$((one) => one.remember?.expiresAt.toISOString(), 'timestamptz')}
        from users where id = ${user()} and ${gate}`,
    )
  }
  if ((shape.binds || shape.retires) && shape.spends !== 'pass') {
    const done = `${shape.setUpDone ? ', set_up_due = false' : ''}${shape.passwordOwned ? ', password_mailed = false' : ''}`
    const phone = shape.verifiesPhone ? `, phone = ${$((one) => one.verifiedPhone, 'text')}, phone_verified_at = ${at}` : ''
    part('changed', `update users set device_epoch = device_epoch + 1${done}${phone} where id = ${user()} and ${gate}`)
  } else if (shape.passwordOwned) {
    part('changed', `update users set password_mailed = false where id = ${user()} and password_mailed and ${gate}`)
  }
  const when = (condition: Condition, count: Value) =>
    condition ? ` and (select ${condition === 'failures' ? 'failures from lane' : 'codes_left from spent'}) = ${$(count, 'int')}` : ''
  for (const [nth, condition] of shape.events.entries()) {
    const of = (field: (event: EventRow) => unknown, type: string) => $(({ events }) => events[nth] && field(events[nth]), type)
    part(
      `noted_${nth}`,
      `insert into audit_events (id, at, action, organization_id, actor_id, subject_id, address, request_id, detail)
        select ${of(({ id }) => id, 'uuid')}, ${at}, ${of(({ action }) => action, 'text')}, ${of(({ organizationId }) => organizationId, 'uuid')},
          ${of(({ actorId }) => actorId, 'uuid')}, ${of(({ subjectId }) => subjectId, 'uuid')}, ${address()}, ${requestId()},
          ${of(({ detail }) => JSON.stringify(detail ?? {}), 'jsonb')} where ${gate}${when(condition, ({ events }) => events[nth]?.whenFailures)}`,
    )
  }
  for (const [nth, condition] of shape.messages.entries()) {
    const of = (field: (message: MessageRow) => unknown, type: string) => $(({ messages }) => messages[nth] && field(messages[nth]), type)
    part(
      `told_${nth}`,
      `insert into messages (id, template, to_address, values_sealed, created_at, next_attempt_at, channel, expires_at, organization_id)
        select ${of(({ id }) => id, 'uuid')}, ${of(({ template }) => template, 'text')}, ${of(({ to }) => to, 'text')},
          ${of(({ sealed }) => sealed, 'bytea')}, ${at}, ${at}, ${of(({ channel }) => channel, 'text')},
          ${of(({ expiresAt }) => expiresAt?.toISOString(), 'timestamptz')}, ${of(({ organizationId }) => organizationId, 'uuid')} where ${gate}${when(condition, ({ messages }) => messages[nth]?.whenFailures ?? messages[nth]?.whenCodesLeft)}`,
    )
  }
  const text = `with ${parts.join(',\n')}
    select ${shape.lane ? '(select failures from lane)' : '0'} as failures, ${shape.spends ? 'exists (select from spent)' : 'true'} as is_spent,
      ${gate} as is_done where ${at} is not null`
  return { text, values }
}

/** What the authenticator gives for a yes, and the condition that it still can. A sent code is paid with the version of its sign-in. */
function priceOf(spends: NonNullable<Shape['spends']>, $: (value: Value, type: string) => string): readonly [string, string] {
  if (spends === 'challenge') return ['', '']
  const paid = spends === 'counter' ? $(counterOf, 'bigint') : $(hashOf, 'text')
  return spends === 'counter'
    ? [`counter = ${paid}, `, ` and counter < ${paid}`]
    : [`hashes = array_remove(hashes, ${paid}), used_hashes = array_append(used_hashes, ${paid}), `, ` and ${paid} = any (hashes)`]
}

const counterOf: Value = ({ spend }) => (spend && 'counter' in spend.cost ? spend.cost.counter : undefined)
const hashOf: Value = ({ spend }) => (spend && 'hash' in spend.cost ? spend.cost.hash : undefined)
const deviceOf: Value = ({ session }) => (session?.change === 'add' ? session.deviceId : undefined)
const browserOf: Value = ({ session }) => (session?.change === 'add' ? session.browser : undefined)

interface SignInParameters {
  readonly $: (value: Value, type: string) => string
  readonly token: string
  readonly at: string
  readonly gate: string
}

function signInPart(change: SignInChange['change'], { $, token, at, gate }: SignInParameters): string {
  const from: Value = ({ signIn }) => (signIn && 'from' in signIn ? signIn.from : undefined)
  const isOpen = () => `token_hash = ${token} and version = ${$(from, 'int')} and expires_at > ${at} and ${gate}`
  if (change === 'close') return `delete from sign_ins where ${isOpen()} returning id`

  const of = (field: (row: SignInRow) => unknown, type: string) =>
    $(({ signIn }) => (signIn && 'row' in signIn ? field(signIn.row) : undefined), type)
  const evidence = of((row) => JSON.stringify(row.evidence), 'jsonb')
  const enrollment = of((row) => row.enrollmentSealed, 'bytea')
  const challenge = of((row) => row.challenge && JSON.stringify(row.challenge), 'jsonb')
  const bound = of((row) => row.bound, 'text[]')
  const version = of((row) => row.version, 'int')
  if (change === 'advance') {
    return `update sign_ins set evidence = ${evidence}, enrollment_sealed = ${enrollment}, challenge = ${challenge}, bound = ${bound}, version = ${version}
      where ${isOpen()} returning id`
  }
  return `insert into sign_ins (token_hash, id, intent, user_id, session_id, evidence, enrollment_sealed, challenge, bound, return_to, expires_at, version)
    select ${token}, ${of((row) => row.id, 'uuid')}, ${of((row) => row.intent, 'text')}, ${of((row) => row.userId, 'uuid')}, ${of((row) => row.sessionId, 'uuid')},
      ${evidence}, ${enrollment}, ${challenge}, ${bound}, ${of((row) => row.returnTo, 'text')}, ${of((row) => row.expiresAt, 'timestamptz')}, ${version}
      where ${gate} returning id`
}
