import type { KnownUser, NewPrompt, PromptState, Verification, Verified } from '#contract/second-factor.ts'
import { digest, isId, newId, newToken } from '#crypto/random.ts'
import { mostWaitingPrompts } from '#domain/api-keys.ts'
import { portalEvidence } from '#domain/assurance.ts'
import { fewBackupCodes } from '#domain/authenticators.ts'
import { plainEmail } from '#domain/email.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { factorName, promptSeconds } from '#domain/second-factor.ts'
import { acceptedKinds, type SignIn } from '#domain/sign-in.ts'
import { codesFromAnywhere } from '#domain/throttle.ts'
import type { ApiKey } from '#store/api-keys.ts'
import type { Account } from '#store/person.ts'
import { addPrompt, countWaiting, findPersonOf, findPromptByLink, findPromptOfKey, openPrompt, type Prompt } from '#store/second-factor.ts'
import { findAccount } from '#store/session.ts'
import { settle } from '#store/settlement.ts'
import { laneKeys, type OpenSignIn } from '#store/sign-in.ts'
import { requireApiKey } from './api-keys.ts'
import { judgeAnywhere, refusal } from './code-answers.ts'
import { type Judged, notAccepted } from './judging.ts'
import { type BearingLane, shut } from './password.ts'
import { eventRow, messageRow, type Rooms, sendingOf, type Visit } from './rooms.ts'
import { meansOf, type Reply } from './settling.ts'
import { enterForPortal } from './sign-in.ts'

/** Who calls: an API key in the header `Authorization`. */
export interface Caller extends Visit {
  readonly authorization: string | undefined
}

/** The person of the key's organization with this address. @throws {Problem} `not-found` */
async function requirePerson(rooms: Rooms, { organizationId }: ApiKey, user: string): Promise<Account> {
  const email = plainEmail(user)
  const id = email === undefined ? undefined : await findPersonOf(rooms.store.db, organizationId, email)
  const account = id === undefined ? undefined : await findAccount(rooms.store.db, id)
  if (!account) throw new Problem('not-found')
  return account
}

/** A sign-in that nobody keeps: what judges a code wants to be told which one it belongs to. */
function passingSignIn(rooms: Rooms, account: Account): OpenSignIn {
  const now = rooms.now()
  const signIn: SignIn = {
    id: newId(now),
    intent: 'second-factor',
    userId: account.id,
    evidence: portalEvidence(now, false),
    bound: [],
    returnTo: '/',
    expiresAt: new Date(now.getTime() + 60_000),
    version: 0,
  }
  return { signIn, account }
}

const takenKinds = (rooms: Rooms, open: OpenSignIn) =>
  acceptedKinds(requirementFor(open.account.memberships, open.account.setUpDue), meansOf(open, rooms.now()))

/**
 * Judges a code that a person has given to somebody else: a help desk, a VPN, a script. It is charged to the same budget of the person as
 * any other, and spent by a yes. Codes that are sent belong to the sign-in that sent them, so none is taken here.
 *
 * @throws {Problem} `code-not-accepted`, `not-enrolled`, `not-found`, `too-many-attempts`, `password-change-required`, and those of the key
 */
export async function verifyCode(rooms: Rooms, caller: Caller, { user, code: typed }: Verification): Promise<Verified> {
  const key = await requireApiKey(rooms, caller.authorization, 'verify-code')
  const account = await requirePerson(rooms, key, user)
  const open = passingSignIn(rooms, account)
  const kinds = takenKinds(rooms, open).filter((kind) => kind !== 'passkey' && !sendingOf(rooms, kind))
  if (kinds.length === 0) throw new Problem('not-enrolled')
  const anywhere: BearingLane = { key: laneKeys.codesOf(account.id), rules: codesFromAnywhere }
  const { code, lane } = await judgeAnywhere(rooms, caller, open, { code: typed.trim() }, kinds, anywhere)
  return accept(rooms, caller, key, account, lane, code)
}

async function accept(
  rooms: Rooms,
  caller: Caller,
  key: ApiKey,
  account: Account,
  lane: BearingLane,
  { kind, authenticator, verdict }: Judged,
): Promise<Verified> {
  const now = rooms.now()
  if (verdict.verdict === 'rejected') {
    const settled = await settle(rooms.store, refusal(rooms, caller, account, lane, verdict))
    throw settled.isOpen ? notAccepted(verdict) : shut(now, settled, lane)
  }
  if (!authenticator) throw notAccepted({ reason: 'not-sent' })
  const isBackupCode = 'hash' in verdict.cost
  const about = { actorId: account.id, subjectId: account.id }
  const passed = { ...about, organizationId: key.organizationId, detail: { name: key.name, kind } }
  const told = { to: account.email, values: { left: String(authenticator.hashes.length - 1) } }
  const settled = await settle(rooms.store, {
    now,
    origin: caller,
    userId: account.id,
    lane: { ...lane, effect: 'keep' },
    spend: { authenticatorId: authenticator.id, cost: verdict.cost },
    events: [
      ...(isBackupCode ? [eventRow(now, { action: 'backup-codes.used', ...about })] : []),
      eventRow(now, { action: 'second-factor.passed', ...passed }),
    ],
    messages: isBackupCode
      ? [
          messageRow(rooms, caller, { ...told, template: 'backup-code-used' }),
          messageRow(
            rooms,
            caller,
            { to: account.email, template: 'backup-codes-few', values: { left: String(fewBackupCodes) } },
            { whenCodesLeft: fewBackupCodes },
          ),
        ]
      : [],
  })
  if (!settled.isOpen) throw shut(now, settled, lane)
  if (!settled.isDone) throw notAccepted({ reason: isBackupCode ? 'used-backup-code' : 'replayed' })
  if (isBackupCode) rooms.onMessage()
  return { result: 'allow', user: { id: account.id, email: account.email }, factor: factorName(kind), at: now.toISOString() }
}

/**
 * Asks for somebody's second step in a browser of theirs. The address is a secret that opens it once; what became of it is looked for by
 * the id.
 *
 * @throws {Problem} `not-found`, `too-many-attempts` while as many wait for the person as may, and those of the key
 */
export async function createPrompt(rooms: Rooms, caller: Caller, { user, reason }: NewPrompt): Promise<PromptState> {
  const key = await requireApiKey(rooms, caller.authorization, 'prompts')
  const account = await requirePerson(rooms, key, user)
  const now = rooms.now()
  if ((await countWaiting(rooms.store.db, key.id, account.id, now)) >= mostWaitingPrompts)
    throw new Problem('too-many-attempts', { reason: 'waiting-prompts', retryAfterSeconds: promptSeconds })
  const token = newToken()
  const expiresAt = new Date(now.getTime() + promptSeconds * 1000)
  const why = reason?.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  const id = await addPrompt(rooms.store.db, now, {
    organizationId: key.organizationId,
    userId: account.id,
    userName: user,
    asked: { by: 'key', apiKeyId: key.id, ...(why ? { reason: why } : {}) },
    linkHash: digest(token),
    expiresAt,
  })
  if (id === undefined) throw new Error('A prompt of a key is never there already.')
  return {
    id,
    state: 'waiting',
    user: { id: account.id, email: account.email },
    expiresAt: expiresAt.toISOString(),
    address: `${rooms.publicUrl}/prompts/${token}`,
  }
}

/** What became of a prompt, for the key that asked for it. @throws {Problem} `not-found`, and those of the key */
export async function promptOf(rooms: Rooms, caller: Caller, id: string): Promise<PromptState> {
  const key = await requireApiKey(rooms, caller.authorization, 'prompts')
  const prompt = isId(id) ? await findPromptOfKey(rooms.store.db, key.id, id) : undefined
  const account = prompt && (await findAccount(rooms.store.db, prompt.userId))
  if (!prompt || !account) throw new Problem('not-found')
  const { passed } = prompt
  const isOver = prompt.state === 'waiting' && prompt.expiresAt <= rooms.now()
  return {
    id: prompt.id,
    state: isOver ? 'expired' : prompt.state,
    user: { id: account.id, email: account.email },
    expiresAt: prompt.expiresAt.toISOString(),
    ...(passed ? { factor: factorName(passed.kind), at: passed.at.toISOString() } : {}),
  }
}

/** Whether a person can give a second step, and with what. @throws {Problem} `not-found`, `malformed` without one, and those of the key */
export async function userOf(rooms: Rooms, caller: Caller, user: string | undefined): Promise<KnownUser> {
  const key = await requireApiKey(rooms, caller.authorization, 'read-users')
  if (user === undefined) throw new Problem('malformed', { reason: 'user' })
  const account = await requirePerson(rooms, key, user)
  const kinds = account.authenticators.length > 0 ? takenKinds(rooms, passingSignIn(rooms, account)) : []
  return {
    user: { id: account.id, email: account.email },
    name: account.name,
    isEnrolled: kinds.length > 0,
    factors: kinds.map(factorName),
  }
}

/** What the one-time address of a prompt shows before it is opened. Looking opens nothing. @throws {Problem} `link-gone` */
export async function promptBehind(rooms: Rooms, token: string): Promise<Prompt> {
  const prompt = await findPromptByLink(rooms.store.db, digest(token), rooms.now())
  if (prompt?.state !== 'waiting' || prompt.signInId !== undefined) throw new Problem('link-gone')
  return prompt
}

/** Opens a prompt in the browser that says so first. @throws {Problem} `link-gone` */
export async function openPromptAt(rooms: Rooms, visit: Visit, token: string): Promise<Reply> {
  const prompt = await promptBehind(rooms, token)
  const now = rooms.now()
  const account = await findAccount(rooms.store.db, prompt.userId)
  const signInId = newId(now)
  if (!account || !(await openPrompt(rooms.store.db, now, digest(token), signInId))) throw new Problem('link-gone')
  return enterForPortal(rooms, visit, { account, prompt: { ...prompt, signInId }, evidence: portalEvidence(now, false) })
}
