import type { Keys } from '#crypto/keys.ts'
import { unseal } from '#crypto/seal.ts'
import type { Person, State } from '#domain/factor.ts'
import type { OneTimePass } from '#domain/one-time-pass.ts'
import type { Membership } from '#domain/policy.ts'
import type { Role } from '#domain/roles.ts'
import { type PolicyValues, policyColumns, policyOfValues } from './policy.ts'

/** An authenticator that is bound, as far as a sign-in needs it. Its secret opens with {@link stateOf} only. */
export interface Authenticator {
  readonly id: string
  readonly kind: string
  readonly counter: number
  readonly hashes: readonly string[]
  readonly usedHashes: readonly string[]
  readonly sealed: string
}

/** A person with all that decides about their sign-in, read in one statement. */
export interface Account extends Person {
  readonly passwordHash?: string
  /** When a code has proved the phone number last. */
  readonly phoneVerifiedAt?: Date
  readonly setUpDue: boolean
  /** The password was last set through a mailed link, and no second step has followed it since. */
  readonly isPasswordMailed: boolean
  /** Of an administrator; whether it still counts is for `isOpenPass` to say. */
  readonly oneTimePass?: OneTimePass
  /** The language (BCP 47) that the person chose; absent: as their browser says. */
  readonly language?: string
  /** Those that count: accepted, not suspended, and in an organization that is not suspended either. */
  readonly memberships: readonly Membership[]
  readonly authenticators: readonly Authenticator[]
}

/**
 * The one value that {@link toAccount} reads; `u` is the user. Text, so that hot statements stay constant; lists of values rather than
 * objects, because a name in every value is most of the work of writing and reading them; and one value rather than a column each,
 * because the driver reads the description of every column again each time. `offset 0` has the organization looked up by its key for each
 * membership, of which there are few: planned as a join, all organizations were read as long as they are no more than some hundreds.
 */
export const accountValue = `json_build_array(
  u.id, u.email, u.name, u.password_hash, u.set_up_due, u.language, u.password_mailed, u.one_time_pass,
  case when u.phone_verified_at is not null then u.phone end, u.phone_verified_at,
  (select json_agg(json_build_array(m.organization_id, p.name, p.is_provider, p.host, m.role, m.required, m.method, ${policyColumns})
      order by m.joined_at, m.organization_id)
    from memberships m cross join lateral (
      select o.name, o.parent_id is null as is_provider, o.host, p.* from organizations o join policies p on p.organization_id = o.id
      where o.id = m.organization_id and o.suspended_at is null offset 0) p
    where m.user_id = u.id and m.joined_at is not null and m.suspended_at is null),
  (select json_agg(json_build_array(a.id, a.kind, a.counter, a.hashes, a.used_hashes, encode(a.secret_sealed, 'base64')) order by a.id)
    from authenticators a where a.user_id = u.id and a.retired_at is null))`

type MembershipValues = readonly [
  organizationId: string,
  organizationName: string,
  isProvider: boolean,
  host: string | null,
  role: Role,
  required: boolean,
  method: string | null,
  ...policy: PolicyValues,
]

export type AccountValues = readonly [
  id: string,
  email: string,
  name: string,
  passwordHash: string | null,
  setUpDue: boolean,
  language: string | null,
  isPasswordMailed: boolean,
  oneTimePass: StoredPass | null,
  verifiedPhone: string | null,
  phoneVerifiedAt: string | null,
  memberships: readonly MembershipValues[] | null,
  authenticators: readonly (readonly [string, string, number, string[], string[], string])[] | null,
]

/** A pass as its column has it, where times are text. */
export type StoredPass = Omit<OneTimePass, 'expiresAt'> & { readonly expiresAt: string }

export function toAccount(values: AccountValues): Account {
  const [id, email, name, passwordHash, setUpDue, language, isPasswordMailed, oneTimePass, phone, phoneVerifiedAt, ...lists] = values
  const [memberships, authenticators] = lists
  return {
    id,
    email,
    name,
    ...(passwordHash === null ? {} : { passwordHash }),
    ...(phone === null ? {} : { phone }),
    ...(phoneVerifiedAt === null ? {} : { phoneVerifiedAt: new Date(phoneVerifiedAt) }),
    setUpDue,
    isPasswordMailed,
    ...(oneTimePass === null ? {} : { oneTimePass: { ...oneTimePass, expiresAt: new Date(oneTimePass.expiresAt) } }),
    ...(language === null ? {} : { language }),
    memberships: (memberships ?? []).map(([organizationId, organizationName, isProvider, host, role, required, method, ...policy]) => ({
      organizationId,
      organizationName,
      kind: isProvider ? 'provider' : 'site',
      host,
      role,
      required,
      ...(method === null ? {} : { method }),
      policy: policyOfValues(policy),
    })),
    authenticators: (authenticators ?? []).map(([id, kind, counter, hashes, usedHashes, sealed]) => ({
      id,
      kind,
      counter,
      hashes,
      usedHashes,
      sealed,
    })),
  }
}

/** Where an authenticator's secret is sealed to: its row and its owner. */
export const authenticatorAddress = (id: string, userId: string) => ({ table: 'authenticators', row: id, owner: userId })

/** Opens an authenticator's memory for its own factor. @throws {Error} when the row was moved or the key is another */
export function stateOf(keys: Keys, userId: string, { id, counter, hashes, usedHashes, sealed }: Authenticator): State {
  return { secret: unseal(keys.seal, authenticatorAddress(id, userId), Buffer.from(sealed, 'base64')), counter, hashes, usedHashes }
}
