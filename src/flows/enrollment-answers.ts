import type { Answer } from '#contract/sign-in.ts'
import { digest, newId } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import type { Evidence } from '#domain/assurance.ts'
import { byPhone, plainLabel } from '#domain/authenticators.ts'
import { activationIn } from '#domain/duo-push.ts'
import { masked } from '#domain/masked.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type Step } from '#domain/sign-in.ts'
import { knownAsPasskey } from '#store/passkeys.ts'
import { type Account, authenticatorAddress } from '#store/person.ts'
import { type EventRow, settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { askAuthAnvil } from './authanvil-asking.ts'
import { borne, type CodeAnswer, inLane, owning, refusal, refuseCharged } from './code-answers.ts'
import { askedIn, type Heard, notAccepted } from './judging.ts'
import { type BearingLane, shut } from './password.ts'
import { eventRow, factorOf, type Rooms, type Visit } from './rooms.ts'
import { keptAddress, noteEntered, sendCode, withNumber } from './sent-codes.ts'
import { appsOf, offer, type Reply, take } from './settling.ts'

type EnrollStep = Extract<Step, { readonly step: 'enroll' }>

/** Answers what is on show to be set up, or chooses another kind. @throws {Problem} `step-not-open` for what is not waited for */
export async function answerEnrolling(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: Answer, step: EnrollStep): Promise<Reply> {
  const { enrollment } = open.signIn
  if (!enrollment || !step.kinds.includes(enrollment.kind)) throw new Problem('step-not-open')
  const { form } = enrollment.show
  if ('code' in answer && form === 'secret') return answerEnrollment(rooms, visit, open, answer.code, answer.label)
  if ('code' in answer && form === 'sent') return answerSentEnrollment(rooms, visit, open, answer.code)
  if ('code' in answer && form === 'passcode') return answerPasscodeEnrollment(rooms, visit, open, answer)
  if ('saved' in answer && form === 'list') return answerEnrollment(rooms, visit, open, 'saved')
  if ('send' in answer && answer.send === enrollment.kind) return send(rooms, visit, open, enrollment.kind, 'set-up')
  if ('phone' in answer) return answerPhone(rooms, visit, open, answer.phone)
  if ('choose' in answer && step.kinds.includes(answer.choose)) {
    const signIn = answer.choose === enrollment.kind ? open.signIn : offer(rooms, open.account, open.signIn, [answer.choose])
    return take(rooms, visit, { ...open, signIn }, open.signIn.version, {})
  }
  throw new Problem('step-not-open')
}

/** A sent code proves an address, so a wrong one counts as at any other time: nobody binds a number by guessing. */
function answerSentEnrollment(rooms: Rooms, visit: Visit, open: OpenSignIn, code: string): Promise<Reply> {
  return inLane(rooms, visit, open.account, (lane) => answerEnrollment(rooms, visit, open, code, undefined, lane))
}

/** The first passcode that AuthAnvil takes binds it. It is asked like at any other time: charged before, given back with a yes. */
function answerPasscodeEnrollment(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: CodeAnswer): Promise<Reply> {
  return inLane(rooms, visit, open.account, async (lane) => {
    const code = answer.code.trim()
    const asked = await askAuthAnvil(rooms, visit, open, { ...answer, code }, lane)
    if (!asked.said.isRight) throw await refuseCharged(rooms, visit, open.account, asked.lane)
    return answerEnrollment(rooms, visit, open, code, undefined, asked.lane, { said: asked.said })
  })
}

export async function answerEnrollment(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  answer: string,
  name?: string,
  lane?: BearingLane,
  heard: Heard = {},
  more: readonly EventRow[] = [],
): Promise<Reply> {
  const { account, signIn } = open
  const { enrollment } = signIn
  if (!enrollment) throw new Problem('step-not-open')
  const now = rooms.now()
  const { kind } = enrollment
  const { sending, ...factor } = factorOf(rooms, kind)
  const binding = factor.enrollment.answer(enrollment.keep, answer, askedIn(rooms, open, heard))
  if (binding.verdict === 'rejected') {
    const costsNothing = binding.reason === 'malformed' || binding.reason === 'not-sent'
    const settled = lane && !costsNothing ? await settle(rooms.store, refusal(rooms, visit, account, lane, binding)) : undefined
    throw settled && lane && !settled.isOpen ? shut(now, settled, lane) : notAccepted(binding)
  }

  const id = activationIn(enrollment)?.id ?? newId(now)
  const secretSealed = seal(rooms.keys.seal, authenticatorAddress(id, account.id), binding.state.secret)
  const before = appsOf(account)
  const label = labelFor(account, kind, name)
  const about = { actorId: account.id, subjectId: account.id }
  const evidence: Evidence = { kind, proves: binding.proves, amr: binding.amr, at: now }
  const isCodes = kind === 'backup-codes'
  const bound = advance(signIn, { event: 'bound', kind, ...(isCodes ? {} : { evidence }) })
  const isRedrawn = isCodes && signIn.intent === 'backup-codes'
  const number = sending && sending.channel !== 'mail' ? keptAddress(enrollment) : undefined
  // One authenticator for each way of sending, and none for a number that is another one from now on.
  const retired = number !== undefined && number !== account.phone ? byPhone : [kind]
  const to = sending && keptAddress(enrollment)
  const authenticator = to === undefined ? label : `${label} (${masked(to)})`
  const reply = await take(rooms, visit, { ...open, signIn: bound }, signIn.version, {
    ...(lane ? { lane: borne(lane) } : {}),
    bind: { id, kind, label, secretSealed, counter: binding.state.counter, hashes: binding.state.hashes, ...knownBy(heard) },
    ...(isCodes || sending || enrollment.show.form === 'passcode' || enrollment.show.form === 'duo' ? { retire: { kinds: retired } } : {}),
    ...(number === undefined ? {} : { verifiedPhone: number }),
    ...(isCodes
      ? {}
      : {
          endOthers: signIn.sessionId === undefined ? {} : { butSession: signIn.sessionId },
          setUpDone: true,
          ...owning(account, signIn, evidence),
        }),
    events: [
      ...more,
      ...[
        { action: isCodes ? ('backup-codes.drawn' as const) : ('authenticator.bound' as const), ...about, detail: { kind, id } },
        ...(number !== undefined && number !== account.phone ? [{ action: 'phone.verified' as const, ...about }] : []),
      ].map((one) => eventRow(now, one)),
    ],
    messages: isCodes
      ? isRedrawn
        ? [{ to: account.email, template: 'backup-codes-new', values: {} }]
        : []
      : [{ to: account.email, template: before === 0 ? 'two-factor-enabled' : 'authenticator-added', values: { authenticator } }],
  })
  if (sending) await noteEntered(rooms, open)
  return reply
}

/** Whom Duo knows the person as, or the id of their key, in the form in which no two people here can have it. */
function knownBy({ duo, passkey }: Heard): { readonly knownAs?: Buffer } {
  if (duo) return { knownAs: digest(JSON.stringify(['duo', duo.accountOf, duo.userKey])) }
  return passkey?.did === 'registered' ? { knownAs: knownAsPasskey(passkey.record.credentialId) } : {}
}

/** What an authenticator is called: as the person says, or by its kind. */
function labelFor(account: Account, kind: string, name: string | undefined): string {
  const own: Readonly<Record<string, string>> = {
    'backup-codes': 'Backup codes',
    email: 'Email',
    sms: 'Text Message',
    voice: 'Phone Call',
    authanvil: 'AuthAnvil',
    duo: 'Duo',
  }
  const common = kind === 'passkey' ? 'Passkey' : 'Authenticator app'
  const isAlike = (one: string) => own[one] === undefined && (one === 'passkey') === (kind === 'passkey')
  const before = account.authenticators.filter((one) => isAlike(one.kind)).length
  return own[kind] ?? plainLabel(name ?? '') ?? (before === 0 ? common : `${common} ${before + 1}`)
}

/** Sends a code. Of several at once one is sent; the others find that the sign-in has moved on. */
export async function send(rooms: Rooms, visit: Visit, open: OpenSignIn, kind: string, purpose: 'sign-in' | 'set-up'): Promise<Reply> {
  const { signIn, ...effects } = await sendCode(rooms, visit, open, kind, purpose)
  // What the gateway said of the message before is not said of this one.
  const { account, prompt } = open
  return take(rooms, visit, { signIn, account, ...(prompt ? { prompt } : {}) }, open.signIn.version, effects)
}

/** Takes the number that is set up and sends a code to it. The number stays even when nothing more may be sent now. */
async function answerPhone(rooms: Rooms, visit: Visit, open: OpenSignIn, typed: string): Promise<Reply> {
  const signIn = await withNumber(rooms, open.signIn, typed)
  if (signIn !== open.signIn) await take(rooms, visit, { ...open, signIn }, open.signIn.version, {})
  return send(rooms, visit, { ...open, signIn }, signIn.enrollment?.kind ?? '', 'set-up')
}
