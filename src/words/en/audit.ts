/** The audit in words: what happened, sentence by sentence, and what its chain says about itself. */

import type { Action, Walk } from '#domain/audit.ts'
import type { Json } from '#domain/json.ts'
import type { Policy } from '#domain/policy.ts'
import type { Role } from '#domain/roles.ts'
import { isolating } from '../bidi.ts'
import { resetActions, resetFields } from './organization-reset.ts'

/** Who and whom by name; absent where nobody is known. */
export interface Told {
  readonly who?: string
  readonly whom?: string
  /** Whether the two are one person. */
  readonly isSelf: boolean
  readonly detail: Readonly<Record<string, Json>>
}

type Sentence = (who: string, whom: string, told: Told) => string

const text = (value: Json | undefined): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const roles: Readonly<Record<Role, string>> = { owner: 'Owner', 'security-admin': 'Security Admin', admin: 'Admin', user: 'User' }
const channel = (value: Json | undefined): string =>
  ({ mail: 'email', text: 'text messages', call: 'phone calls' })[text(value)] ?? text(value)
const role = (value: Json | undefined): string => roles[text(value) as Role] ?? text(value)

const by = (kind: Json | undefined): string => ({ email: 'email', sms: 'text message', voice: 'phone call' })[text(kind)] ?? text(kind)

/** What each action is called in lists, and its sentence. */
const actions = {
  'organization.founded': ['Organization founded', (who, _, { detail }) => `${who} founded ${text(detail.name)}`],
  'organization.site-created': ['Site created', (who, _, { detail }) => `${who} created the site ${text(detail.name)}`],
  'policy.changed': ['Rules changed', (who) => `${who} changed the rules for two-factor authentication`],
  'policy.weaker-accepted': ['Weaker methods accepted', (who) => `${who} accepted that methods weaker than an app are allowed`],
  'sign-in.password-refused': [
    'Wrong password',
    (_, whom, told) =>
      told.whom === undefined ? 'A wrong password was given for an address that nobody has' : `A wrong password was given for ${whom}`,
  ],
  'sign-in.code-sent': ['Code sent', (_, whom, { detail }) => `A code was sent to ${whom} by ${by(detail.kind)}`],
  'sign-in.code-refused': ['Wrong code', (_, whom) => `A wrong code was given for ${whom}`],
  'sign-in.limit-reached': ['Limit of wrong codes', (_, whom) => `The limit of wrong codes for ${whom} was reached`],
  'session.started': ['Signed in', (who) => `${who} signed in`],
  'session.confirmed': ['Confirmed', (who) => `${who} confirmed who they are`],
  'session.ended': [
    'Session ended',
    (who, _, { detail }) => (typeof detail.sessions === 'number' ? `${who} ended their other sessions` : `${who} ended a session`),
  ],
  'authenticator.bound': ['Authenticator set up', (who) => `${who} set up an authenticator`],
  'authenticator.renamed': ['Authenticator renamed', (who) => `${who} gave an authenticator another name`],
  'authenticator.removed': [
    'Authenticator removed',
    (who, whom, { isSelf }) => (isSelf ? `${who} removed an authenticator` : `${who} removed an authenticator of ${whom}`),
  ],
  'backup-codes.drawn': ['Backup codes drawn', (who) => `${who} drew backup codes`],
  'backup-codes.used': ['Backup code used', (who) => `${who} used a backup code`],
  'device.remembered': ['Device remembered', (who) => `${who} had a device remembered`],
  'device.forgotten': [
    'Device forgotten',
    (who, _, { detail }) =>
      typeof detail.devices === 'number' ? `${who} forgot all remembered devices` : `${who} forgot a remembered device`,
  ],
  'two-factor.disabled': [
    'Two-factor authentication disabled',
    (who, whom, { isSelf }) =>
      isSelf ? `${who} disabled their two-factor authentication` : `${who} disabled the two-factor authentication of ${whom}`,
  ],
  'two-factor.reset': [
    'Authenticators reset',
    (who, whom, { isSelf }) => (isSelf ? `${who} reset their authenticators` : `${who} reset the authenticators of ${whom}`),
  ],
  'requirement.set': ['Requirement set', (who, whom) => `${who} made two-factor authentication required of ${whom}`],
  'requirement.removed': ['Requirement removed', (who, whom) => `${who} took back that two-factor authentication is required of ${whom}`],
  'role.changed': [
    'Role changed',
    (who, whom, { detail }) => `${who} changed the role of ${whom} from ${role(detail.from)} to ${role(detail.to)}`,
  ],
  'user.invited': [
    'Person invited',
    (who, whom, { detail }) => (detail.again === true ? `${who} invited ${whom} again` : `${who} invited ${whom} as ${role(detail.role)}`),
  ],
  'organization.renamed': ['Site renamed', (who, _, { detail }) => `${who} renamed the site ${text(detail.from)} to ${text(detail.to)}`],
  'organization.host-changed': ['Host name changed', (who) => `${who} changed the host name of the site`],
  'organization.suspended': ['Site suspended', (who) => `${who} suspended the site`],
  'organization.reinstated': ['Site reinstated', (who) => `${who} reinstated the site`],
  'organization.removed': ['Site removed', (who, _, { detail }) => `${who} removed the site ${text(detail.name)}`],
  'organization.look-changed': ['Look changed', (who) => `${who} changed the look of the pages and mails`],
  'gateway.changed': [
    'Gateway changed',
    (who, _, { detail }) =>
      detail.to === null
        ? `${who} took away the own gateway for ${channel(detail.channel)}`
        : `${who} changed the gateway for ${channel(detail.channel)}`,
  ],
  'gateway.tested': ['Gateway tested', (who, _, { detail }) => `${who} sent a test through the gateway for ${channel(detail.channel)}`],
  'sending-rules.changed': ['Sending limits changed', (who) => `${who} changed how much may be sent, and to where`],
  'message.sent-again': [
    'Message sent again',
    (who, _, { detail }) => `${who} sent a message again that had not arrived, to ${text(detail.address)}`,
  ],
  'user.joined': ['Invitation accepted', (who) => `${who} accepted the invitation`],
  'user.changed': ['Person changed', (who, whom) => `${who} changed the details of ${whom}`],
  'user.suspended': ['Person suspended', (who, whom) => `${who} suspended ${whom}`],
  'user.reinstated': ['Person let back in', (who, whom) => `${who} let ${whom} back in`],
  'user.removed': ['Person removed', (who, whom) => `${who} removed ${whom}`],
  'user.unlocked': ['Person unlocked', (who, whom) => `${who} unlocked ${whom}`],
  'password.set': ['Password set', (who) => `${who} set a new password`],
  'password.reset-asked': [
    'New password asked for',
    (_, whom, told) =>
      told.whom === undefined ? 'A new password was asked for at an address that nobody has' : `A new password was asked for ${whom}`,
  ],
  'profile.changed': ['Profile changed', (who) => `${who} changed their profile`],
  'email.change-asked': ['New email asked for', (who) => `${who} asked to change their email`],
  'email.changed': ['Email changed', (who, _, { detail }) => `${who} changed their email from ${text(detail.from)} to ${text(detail.to)}`],
  'phone.changed': [
    'Phone number changed',
    (who, whom, { detail, isSelf }) =>
      `${who} ${detail.isRemoved === true ? 'removed' : 'changed'} ${isSelf ? 'their phone number' : `the phone number of ${whom}`}`,
  ],
  'phone.verified': ['Phone number verified', (who) => `${who} proved their phone number by a code`],
  'email.change-undone': [
    'Change of email undone',
    (who, _, { detail }) => `${who} undid the change of their email: it is ${text(detail.to)} again, and no longer ${text(detail.from)}`,
  ],
  'one-time-pass.issued': ['One-time pass issued', (who, whom) => `${who} issued a one-time pass for ${whom}`],
  'one-time-pass.approved': ['One-time pass approved', (who, whom) => `${who} approved the one-time pass of ${whom}`],
  'one-time-pass.used': ['One-time pass used', (who) => `${who} used a one-time pass, so their authenticators were removed`],
  'help.asked': ['Administrator asked', (who) => `${who} asked an administrator for help with the second step`],
  'audit.exported': ['Audit exported', (who, _, { detail }) => `${who} exported the audit as ${text(detail.format).toUpperCase()}`],
  'duo.changed': ['Duo changed', (who) => `${who} changed the settings of Duo`],
  'duo.checked': ['Duo checked', (who) => `${who} tried the keys of Duo`],
  'duo.notice-changed': ['Duo notice changed', (who) => `${who} changed the notice about Duo`],
  'authanvil.changed': ['Authanvil changed', (who) => `${who} changed the settings of AuthAnvil`],
  'authanvil.person-changed': ['Authanvil of a person changed', (who, whom) => `${who} changed what AuthAnvil knows ${whom} by`],
  'authanvil.unanswered': [
    'Authanvil did not answer',
    (_, whom) => `AuthAnvil did not answer about a passcode of ${whom}, so nobody was let in`,
  ],
  'duo.people-checked': ['Duo people checked', (who) => `${who} checked whom Duo knows`],
  'duo.alias-added': ['Duo alias added', (who, whom) => `${who} added an alias for ${whom} in Duo`],
  'duo.approved': ['Duo approved', (_, whom) => `Duo let ${whom} in`],
  'duo.refused': ['Duo refused', (_, whom) => `Duo did not let ${whom} in`],
  'duo.other-user': [
    'Duo knows another person',
    (_, whom) => `Duo let in another of its users in place of ${whom}, so nobody was let in here`,
  ],
  'duo.unanswered': ['Duo did not answer', (_, whom) => `Duo did not answer when ${whom} signed in`],
  'duo.push-sent': ['Duo push sent', (_, whom) => `A push was sent to the phone of ${whom}`],
  'duo.push-denied': [
    'Duo push denied',
    (_, whom) => `A push to the phone of ${whom} was denied, so there are no more until they log in another way`,
  ],
  'duo.push-reported': [
    'Duo push reported as fraud',
    (_, whom) => `A push to the phone of ${whom} was reported: it was not them who was logging in, and whoever it was knows their password`,
  ],
  'duo.user-added': ['Duo user made', (who) => `${who} set up Duo, so a user was made for them in the account of the provider`],
  'duo.user-removed': ['Duo user taken out', (_, whom) => `The user of ${whom} was taken out of Duo`],
  'duo.user-left': ['Duo user left behind', (_, whom) => `The user of ${whom} could not be taken out of Duo`],
  'duo.admin-changed': ['Duo clean-up changed', (who) => `${who} changed the application that takes people out of Duo`],
  'application.created': ['Application added', (who, _, { detail }) => `${who} added the application ${text(detail.name)}`],
  'application.changed': ['Application changed', (who, _, { detail }) => `${who} changed the application ${text(detail.name)}`],
  'application.switched-on': ['Application switched on', (who, _, { detail }) => `${who} switched the application ${text(detail.name)} on`],
  'application.switched-off': [
    'Application switched off',
    (who, _, { detail }) => `${who} switched the application ${text(detail.name)} off`,
  ],
  'application.secret-renewed': [
    'Secret of an application renewed',
    (who, _, { detail }) => `${who} gave the application ${text(detail.name)} another secret`,
  ],
  'application.removed': ['Application removed', (who, _, { detail }) => `${who} removed the application ${text(detail.name)}`],
  'second-factor.passed': ['Second factor given', (who, _, { detail }) => `${who} gave ${text(detail.name)} their second factor`],
  'second-factor.declined': [
    'Second factor refused',
    (who, _, { detail }) => `${who} refused to give ${text(detail.name)} their second factor`,
  ],
  'second-factor.code-replayed': [
    'Code of a portal used twice',
    (_, whom, { detail }) => `${text(detail.name)} brought a code about ${whom} a second time, and was refused`,
  ],
  'api-key.created': ['Key for programs created', (who, _, { detail }) => `${who} created the API key ${text(detail.name)}`],
  'api-key.revoked': ['Key for programs revoked', (who, _, { detail }) => `${who} revoked the API key ${text(detail.name)}`],
  ...resetActions,
} as const satisfies Readonly<Record<Action, readonly [label: string, sentence: Sentence]>>

/** The rules of an organization as Company Settings calls them. */
const policyFields: Readonly<Record<keyof Policy, string>> = {
  enabled: 'Enable 2FA',
  mode: 'Who must use it',
  newUsersRequired: 'New users start as required',
  methods: 'Allowed methods',
  defaultMethod: '2FA Communication Method',
  mayChangeMethod: 'Allow Users to Change 2FA Communication',
  emailForAdministrators: 'Email for administrators',
  passcodeTimeoutMinutes: '2FA Passcode Timeout, in minutes',
  rememberDays: 'Remember devices, in days',
  remembers: 'Who may be remembered',
  strictTotp: 'Strict time window of apps',
  leastPasswordLength: 'Least length of passwords',
  phishingResistant: 'Passkeys only',
  passwordless: 'Passkey is a whole sign-in',
}

const otherFields: Readonly<Record<string, string>> = {
  name: 'Name',
  language: 'Language',
  isRemoved: 'Removed',
  role: 'Role',
  again: 'Sent again',
  kind: 'Kind',
  label: 'Name',
  id: 'Number',
  amr: 'Proved with',
  aal: 'Assurance level',
  reason: 'Reason',
  isRecognizedDevice: 'From a device used before',
  limit: 'Limit',
  sessions: 'Sessions',
  devices: 'Devices',
  rememberedDevice: 'On the remembered device',
  people: 'People',
  authenticators: 'Authenticators ended',
  accent: 'Accent color',
  supportContact: 'Support contact',
  channel: 'Channel',
  host: 'Server',
  security: 'Encryption',
  username: 'User name',
  hasSecret: 'Password or key',
  secretChanged: 'Password or key written anew',
  accountSid: 'Account SID',
  apiKeySid: 'API key SID',
  messagingServiceSid: 'Messaging service SID',
  url: 'Address',
  countries: 'Countries',
  dailyMost: 'Texts and calls a day',
  siteDailyMost: 'Texts and calls a day for each site',
  sitesBringGateways: 'Sites may bring own gateways',
  outcome: 'Outcome',
  template: 'Message',
  logo: 'Logo',
  actsAs: 'Acting as',
  version: 'Version',
  action: 'Action',
  person: 'Person',
  search: 'Search',
  format: 'Format',
  filter: 'Filter',
  minutes: 'Good for, in minutes',
  isSplit: 'Last group given by voice',
  administrators: 'Administrators who were asked',
  isOn: 'Switched on',
  siteId: 'AuthAnvil Site ID',
  pinOrder: 'Where the Pin goes',
  showsPin: 'Users see a Pin field',
  userName: 'Name at AuthAnvil',
  withAdminKeys: 'With keys of the Admin API',
  alias: 'Alias',
  account: 'Account at Duo',
  webSdk: 'Web SDK application',
  authApi: 'Auth API application',
  whenAway: 'While Duo is away',
  countsBypass: 'Bypass counts',
  servesSites: 'Sites may use this account',
  text: 'Text',
  duoUser: 'Name in Duo',
  device: 'Device',
  redirectUris: 'Addresses to return to',
  postLogoutRedirectUris: 'Addresses after signing out',
  backChannelLogoutUri: 'Address that is told of sign-outs',
  startUri: 'Where people begin',
  ...resetFields,
}

const values: Readonly<Record<string, string>> = {
  provider: 'the provider',
  own: 'the own one',
  closed: 'nobody is let in',
  'other-factor': 'another method',
  right: 'taken',
  true: 'ON',
  false: 'OFF',
  null: 'none',
  chosen: 'Chosen users',
  everyone: 'Everyone',
  'opt-in': 'Opt-in',
  totp: 'Authenticator app',
  email: 'Email',
  sms: 'Text Message',
  voice: 'Phone Call',
  'backup-codes': 'Backup codes',
  pwd: 'password',
  otp: 'code',
  pop: 'passkey',
  passkey: 'Passkey or security key',
  tel: 'code by phone call',
  mfa: 'two factors',
  malformed: 'not a code at all',
  mismatch: 'not the right code',
  clock: "the phone's clock is off",
  replayed: 'used before',
  expired: 'a code that had run out',
  superseded: 'a code sent before the last one',
  'used-backup-code': 'a backup code that was used before',
  ...roles,
}

const field = (name: string): string =>
  (policyFields as Readonly<Record<string, string>>)[name] ??
  otherFields[name] ??
  name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)

function value(given: Json | undefined): string {
  if (given === undefined) return ''
  if (Array.isArray(given)) return given.map(value).join(', ')
  if (isObject(given))
    return Object.entries(given)
      .map(([name, one]) => `${field(name)}: ${value(one)}`)
      .join(', ')
  return values[String(given)] ?? String(given)
}

const isObject = (given: Json | undefined): given is { readonly [key: string]: Json } =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

/** One line of what an event says besides its sentence; what was changed has what it was before. */
export interface AuditDetail {
  readonly what: string
  readonly before?: string
  readonly value: string
}

/** Rules in the order of their page; the database keeps the fields of a detail in an order of its own. */
const inOrder = (names: readonly string[]): readonly string[] => {
  const known = Object.keys(policyFields).filter((name) => names.includes(name))
  return [...known, ...names.filter((name) => !known.includes(name))]
}

/** What changed, field by field, and whatever else stands in an event. */
function details({ from, to, ...rest }: Told['detail']): readonly AuditDetail[] {
  const changes =
    isObject(from) && isObject(to)
      ? inOrder([...new Set([...Object.keys(from), ...Object.keys(to)])]).filter(
          (name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]),
        )
      : undefined
  const changed = changes
    ? changes.map((name) => ({
        what: field(name),
        before: value((from as Record<string, Json>)[name]),
        value: value((to as Record<string, Json>)[name]),
      }))
    : from !== undefined || to !== undefined
      ? [{ what: 'Change', before: value(from), value: value(to) }]
      : []
  return [...changed, ...Object.entries(rest).map(([name, given]) => ({ what: field(name), value: value(given) }))]
}

const count = (number: number, one: string, many: string): string => `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** What `verify` says about a chain. */
function verified(walk: Walk, noted?: string): { readonly isWhole: boolean; readonly sentences: readonly string[] } {
  const { events, from, to, head, broken, notedAt, unsealed } = walk
  const events_ = count(events, 'event', 'events')
  const waiting = `${count(unsealed, 'event waits', 'events wait')} to be sealed; whoever can write in the database could still remove ${unsealed === 1 ? 'it' : 'them'} unseen.`
  if (broken) {
    const why = {
      missing: `The event at place ${broken.position} is missing.`,
      changed: `The event at place ${broken.position} is not what was sealed there: it was changed, or stands in the place of another, or was sealed with another key.`,
      lists: `At place ${broken.position} or up to 1,000 after it, an event is not in the lists of the organizations that it concerns, or a list has one too many.`,
    }[broken.why]
    return { isWhole: false, sentences: ['THE AUDIT IS BROKEN.', why, `What stands before that place is whole.`] }
  }
  const whole = events === 0 ? 'There is nothing sealed yet.' : `The chain holds: ${events_}, sealed in one line, from ${from} to ${to}.`
  if (noted !== undefined && notedAt === undefined) {
    const sentences = [
      'THE AUDIT IS BROKEN.',
      `${whole} But the head ${noted} is not in it: its end was cut off, it was written anew, or the head was not copied rightly.`,
    ]
    return { isWhole: false, sentences }
  }
  return {
    isWhole: true,
    sentences: [
      whole,
      ...(unsealed > 0 ? [waiting] : []),
      ...(notedAt === undefined
        ? []
        : [`The head that you noted stands at place ${notedAt.toLocaleString('en')}: all up to there is as it was.`]),
      ...(events === 0 ? [] : [`Head: ${head}`]),
      'Note the head in a place that the database cannot reach, and give it with --head next time: a chain alone does not show that its end was cut off.',
      'Whoever holds the key file and can write in the database can write a new chain; only a head noted elsewhere shows that.',
    ],
  }
}

export const audit = {
  /** The name of an action, for lists to choose from. */
  label: (action: string): string => (actions as Readonly<Record<string, readonly [string, Sentence]>>)[action]?.[0] ?? action,
  actions: Object.keys(actions) as readonly Action[],
  sentence: isolating((action: string, told: Told): string => {
    const sentence = (actions as Readonly<Record<string, readonly [string, Sentence]>>)[action]?.[1]
    const standing = told.detail.actsAs === 'provider' ? ' (of the provider)' : ''
    return sentence?.(`${told.who ?? 'Somebody'}${standing}`, told.whom ?? 'somebody', told) ?? action
  }),
  /** Actions whose name or sentence contains a text. */
  actionsWith: (part: string): readonly string[] => {
    const wanted = part.toLowerCase()
    return Object.entries(actions as Readonly<Record<string, readonly [string, Sentence]>>)
      .filter(([action, [label, sentence]]) =>
        [action, label, sentence('', '', { isSelf: false, detail: {} })].some((one) => one.toLowerCase().includes(wanted)),
      )
      .map(([action]) => action)
  },
  details,
  verified,
  columns: [
    'When (UTC)',
    'What happened',
    'Action',
    'Organization',
    'Who',
    'Who, number',
    'Whom',
    'Whom, number',
    'Where from',
    'Details',
    'Request',
    'Event',
    'Place in the chain',
  ],
}
