import type { Tolerance } from './factor.ts'
import { judgedByOrganization, strongest } from './methods.ts'
import type { Role } from './roles.ts'

/** Whom an organization's requirement covers: everybody decides alone, the chosen ones must, or all must. */
export type Mode = 'opt-in' | 'chosen' | 'everyone'

/** Whom a device may be remembered for: all members, or only those who administer nothing. */
export type Remembers = 'everyone' | 'users'

/** What an organization has decided. `enabled` is the master switch: off means that nobody there is asked. */
export interface Policy {
  readonly enabled: boolean
  readonly mode: Mode
  readonly newUsersRequired: boolean
  /** Kinds that may be used as a second step; backup codes come along with each. */
  readonly methods: readonly string[]
  /** One of `methods`: what is offered first, and where change is not allowed the only one. */
  readonly defaultMethod: string
  readonly mayChangeMethod: boolean
  /** Whether `email`, where it is allowed, is so for whoever administers something, too. */
  readonly emailForAdministrators: boolean
  /** How long a code that was sent is good. The codes of an app change every 30 seconds whatever stands here. */
  readonly passcodeTimeoutMinutes: number
  /** How long a device is remembered; 0 is never. */
  readonly rememberDays: number
  readonly remembers: Remembers
  /** Takes the current code of an app, and the one before only for the first ten seconds after it. */
  readonly strictTotp: boolean
  /** Raises the least length of passwords; null leaves it to {@link leastPasswordLength}. */
  readonly leastPasswordLength: number | null
}

/** A policy with what is not decided in it, and yet bears on it. */
export interface PolicyInForce extends Policy {
  /** Its people use the Duo of the provider, which is one and the same for people of several organizations. */
  readonly isDuoShared?: boolean
}

/** What a new organization begins with, until its Security Admin decides. */
export const startingPolicy: Policy = {
  enabled: false,
  mode: 'chosen',
  newUsersRequired: true,
  methods: ['totp'],
  defaultMethod: 'totp',
  mayChangeMethod: true,
  emailForAdministrators: false,
  passcodeTimeoutMinutes: 5,
  rememberDays: 30,
  remembers: 'everyone',
  strictTotp: false,
  leastPasswordLength: null,
}

/** A policy as it bears on one person: the organization, the person's role there, and the tick "Required 2FA". */
export interface Membership {
  readonly organizationId: string
  readonly organizationName: string
  readonly kind: 'provider' | 'site'
  /** The host name of its own, where it has one. */
  readonly host?: string | null
  readonly role: Role
  readonly required: boolean
  /** "Two Factor Type": the one method that an administrator has chosen for this person; absent: as the policy says. */
  readonly method?: string
  readonly policy: PolicyInForce
}

export type Rule = 'everyone' | 'chosen' | 'set-up-due'

/** What a sign-in owes beyond the password, and because of which rule. */
export interface Requirement {
  readonly secondStep: 'always' | 'if-enrolled' | 'never'
  /** Kinds that may be set up, the one that is offered first at the front; absent where no organization has a say. */
  readonly methods?: readonly string[]
  /** The sign-in comes from a device that the person has had remembered, which spares them what is bound already. */
  readonly isRemembered?: boolean
  /** The authenticators of this person were reset: they set one up before anything else, see `nextStep`. */
  readonly isSetUpDue?: boolean
  readonly because?: { readonly rule: Rule; readonly organizationId: string; readonly organization: string }
}

/** Whether an organization's rules require a second factor from this member. */
export function isRequired({
  required,
  policy,
}: {
  readonly required: boolean
  readonly policy: Pick<Policy, 'enabled' | 'mode'>
}): boolean {
  return policy.enabled && (policy.mode === 'everyone' || (policy.mode === 'chosen' && required))
}

/**
 * The strictest of all the rules that bear on a person: one organization that requires a second factor is enough, and it is
 * named. `setUpDue` is the debt of somebody whose authenticators were reset: they set up again at the next sign-in even
 * where no rule requires it, as long as any of their organizations has two-factor authentication on.
 */
export function requirementFor(memberships: readonly Membership[], setUpDue: boolean): Requirement {
  const available = memberships.filter((one) => one.policy.enabled)
  const methods = methodsFor(available)
  const because = (rule: Rule, { organizationId, organizationName }: Membership): Requirement => ({
    secondStep: 'always',
    methods,
    ...(setUpDue ? { isSetUpDue: true } : {}),
    because: { rule, organizationId, organization: organizationName },
  })
  const everyone = available.find((one) => one.policy.mode === 'everyone')
  if (everyone) return because('everyone', everyone)
  const chosen = available.find(isRequired)
  if (chosen) return because('chosen', chosen)
  const [first] = available
  if (!first) return { secondStep: 'never' }
  return setUpDue ? because('set-up-due', first) : { secondStep: 'if-enrolled', methods }
}

/**
 * The methods that all of these organizations allow this person, the one that is offered first at the front. Where the organizations
 * contradict each other it is the strongest of what each puts first, so that the stricter one is not walked around. What the service
 * of one of them judges is nothing to the others, so it is left out wherever there are several.
 */
export function methodsFor(memberships: readonly Pick<Membership, 'policy' | 'role' | 'method'>[]): readonly string[] {
  const isOne = memberships.length < 2
  const allowed = memberships.map((one) => methodsIn(one, isOne))
  const [first = []] = allowed
  const common = first.filter((kind) => allowed.every((kinds) => kinds.includes(kind)))
  if (common.length > 0) return common
  const left = strongest(allowed.flatMap(([own]) => own ?? []))
  return left === undefined ? [] : [left]
}

/** Whether an organization leaves this person no choice among methods. */
export function hasOneMethod(membership: Pick<Membership, 'policy' | 'role' | 'method'>): boolean {
  const { mayChangeMethod } = membership.policy
  return !mayChangeMethod || (membership.method !== undefined && methodsIn(membership)[0] === membership.method)
}

/**
 * What one organization allows one person, the first to offer at the front. "Two Factor Type" leaves that method alone while the
 * policy allows it. Whoever is left with nothing, because e-mail is not for administrators or the organization's own service not for
 * those of several organizations, uses an app.
 */
function methodsIn({ policy, role, method }: Pick<Membership, 'policy' | 'role' | 'method'>, isOne = true): readonly string[] {
  const kept = policy.methods.filter(
    (kind) => (kind !== 'email' || role === 'user' || policy.emailForAdministrators) && (isOne || !isJudgedByOne(kind, policy)),
  )
  const usable = kept.length > 0 ? kept : ['totp']
  if (method !== undefined && usable.includes(method)) return [method]
  const first = usable.includes(policy.defaultMethod) ? policy.defaultMethod : (strongest(usable) ?? 'totp')
  return policy.mayChangeMethod ? [first, ...usable.filter((kind) => kind !== first)] : [first]
}

/** Whether a method is judged by a service that is nothing to other organizations. */
const isJudgedByOne = (kind: string, { isDuoShared }: PolicyInForce) =>
  judgedByOrganization.includes(kind) && !(kind === 'duo' && isDuoShared === true)

/** Organizations that allow Duo, though it is not for this person, who belongs to several: S2.4. */
export function duoHeldBack(memberships: readonly Membership[]): readonly string[] {
  const enabled = memberships.filter(({ policy }) => policy.enabled)
  if (enabled.length < 2 || methodsFor(enabled).includes('duo')) return []
  return enabled.filter(({ policy }) => policy.methods.includes('duo')).map(({ organizationName }) => organizationName)
}

/** What the card and the user list say about a person: S2.34. */
export type Badge = 'secured' | 'not-set-up' | 'required' | 'not-available'

export function badgeFor(requirement: Requirement, isEnrolled: boolean): Badge {
  if (requirement.secondStep === 'never') return 'not-available'
  if (isEnrolled) return 'secured'
  return requirement.secondStep === 'always' ? 'required' : 'not-set-up'
}

/** How long a code that is sent is good, in minutes: the shortest of the "2FA Passcode Timeout" of these organizations. */
export function passcodeTimeoutFor(memberships: readonly Pick<Membership, 'policy'>[]): number {
  const enabled = memberships.filter(({ policy }) => policy.enabled)
  return Math.min(...(enabled.length > 0 ? enabled : [{ policy: startingPolicy }]).map(({ policy }) => policy.passcodeTimeoutMinutes))
}

/** One organization that is strict about the codes of apps is enough. */
export function toleranceFor(memberships: readonly Pick<Membership, 'policy'>[]): Tolerance {
  return memberships.some(({ policy }) => policy.enabled && policy.strictTotp) ? 'strict' : 'usual'
}

/**
 * The least length of a password, in code points: 8 where the second step is always asked, else 15, because then it can
 * open a session alone (SP 800-63B-4 §3.1.1.2). Organizations raise it, also while their two-factor authentication is off, and
 * the highest wins.
 */
export function leastPasswordLength(requirement: Requirement, policies: readonly Pick<Policy, 'leastPasswordLength'>[]): number {
  return Math.max(requirement.secondStep === 'always' ? 8 : 15, ...policies.map((one) => one.leastPasswordLength ?? 0))
}

/** The least length of a password, and the organization that raised it to that. */
export interface PasswordLength {
  readonly minLength: number
  readonly raisedBy?: string
}

/** {@link leastPasswordLength} of somebody's organizations, with the one to name for it. */
export function passwordLengthFor(
  requirement: Requirement,
  organizations: readonly { readonly organizationName: string; readonly policy: Pick<Policy, 'leastPasswordLength'> }[],
): PasswordLength {
  const policies = organizations.map(({ policy }) => policy)
  const minLength = leastPasswordLength(requirement, policies)
  if (minLength === leastPasswordLength(requirement, [])) return { minLength }
  const raisedBy = organizations.find(({ policy }) => policy.leastPasswordLength === minLength)?.organizationName
  return { minLength, ...(raisedBy === undefined ? {} : { raisedBy }) }
}
