import type { Amr, Proof } from './assurance.ts'
import type { Said } from './authanvil.ts'
import type { Sent } from './challenge.ts'
import type { DuoSaid } from './duo.ts'
import type { Json } from './json.ts'
import type { Channel } from './message.ts'

/** The person an authenticator belongs to, as far as a factor may know them. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  /** E.164, and only a number that a code has proved. */
  readonly phone?: string
}

/** What a factor shows to a person. This closed set is all that pages know how to draw. */
export type Form =
  | { readonly form: 'secret'; readonly key: string; readonly uri: string }
  | { readonly form: 'list'; readonly codes: readonly string[] }
  /** A code goes to an address; without `to` it has to be given first. */
  | { readonly form: 'sent'; readonly to?: string }
  /** Nothing is shown: what is typed is made elsewhere already, and judged there. */
  | { readonly form: 'passcode' }
  /** Nothing is shown: Duo leads the person through it. */
  | { readonly form: 'duo' }

/**
 * The memory of an authenticator.
 *
 * `secret` is sealed at rest and opened only for its own factor. `counter` only ever rises (a time step, a signature count).
 * `hashes` are one-time answers that are left; using one moves it to `usedHashes`. These stand in columns of their own, so
 * that one conditional statement can spend them.
 */
export interface State {
  readonly secret: Json
  readonly counter: number
  readonly hashes: readonly string[]
  readonly usedHashes: readonly string[]
}

/**
 * What a right answer costs. The statement that saves it refuses when it was spent in the meantime. A `challenge` is paid with the
 * version of the sign-in that it belongs to: what was answered there is closed by it.
 */
export type Cost = { readonly counter: number } | { readonly hash: string } | { readonly challenge: string }

/**
 * Why an answer was not taken. `late` was right a moment ago; `clock` carries how far the phone's clock seems off, told only after a
 * right password. Of sent codes: `expired` was the last one that was sent, `superseded` one before it, and with `not-sent` there is
 * none in this sign-in.
 */
export type Rejection =
  | {
      readonly reason:
        | 'malformed'
        | 'mismatch'
        | 'late'
        | 'replayed'
        | 'used-backup-code'
        | 'pass-gone'
        | 'expired'
        | 'superseded'
        | 'not-sent'
    }
  | { readonly reason: 'clock'; readonly clockOffBySeconds: number }

/** "Yes" cannot be said without the price: an accepted verdict carries what must be spent for it. */
export type Verdict =
  | { readonly verdict: 'accepted'; readonly cost: Cost; readonly proves: readonly Proof[]; readonly amr: readonly Amr[] }
  | ({ readonly verdict: 'rejected' } & Rejection)

/** What an enrollment comes to: the state to bind, and what giving the answer has proved. */
export type Binding =
  | { readonly verdict: 'accepted'; readonly state: State; readonly proves: readonly Proof[]; readonly amr: readonly Amr[] }
  | ({ readonly verdict: 'rejected' } & Rejection)

/**
 * How far the clock of a phone may be off. `usual` is one step either side; `strict` is the current step, and the one before for
 * its first ten seconds. Kinds without a clock take both alike.
 */
export type Tolerance = 'usual' | 'strict'

/** What an answer is judged by, beside the memory of its authenticator. */
export interface Asked {
  readonly tolerance: Tolerance
  /** What this sign-in has sent to be answered; absent while it has sent nothing. */
  readonly sent?: Sent
  /** What a service outside has said of the answer, of kinds that are judged there. */
  readonly said?: Said
  /** That Duo has let the person in. */
  readonly duo?: DuoSaid
}

/**
 * A way of second step. Kinds are data: rows of one table, entries of one list.
 *
 * A factor knows neither HTTP nor the store nor the policy; what it needs (a clock, randomness) it is constructed with.
 */
export interface Factor {
  /** Stored in rows and shown in policies; never renamed. */
  readonly kind: string
  readonly enrollment: {
    /** A fresh secret and what the person is shown to take it over. Nothing is bound by this. */
    begin(person: Person): { readonly show: Form; readonly keep: Json }
    /** The state of the new authenticator once the answer proves that it works. The answer itself is spent in that state. */
    answer(kept: Json, answer: string, asked: Asked): Binding
  }
  readonly authentication: {
    /** Whether a text has the form of this kind's answers at all. What fits no kind costs no try and opens no secret. */
    fits(answer: string): boolean
    answer(state: State, answer: string, asked: Asked): Verdict
  }
  /** Of kinds whose code is sent before it can be given: how, where to, and which. Others have none. */
  readonly sending?: {
    readonly channel: Channel
    /** Where a code for this person goes, if there is such an address. */
    addressOf(person: Person): string | undefined
    /** The code that belongs to what was sent: the same one whenever it is asked for. */
    code(sent: Sent): string
  }
}
