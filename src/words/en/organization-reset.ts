/** "Reset Organization 2FA": what the Console and the audit say about it. */

import type { LeftAlone } from '#domain/organization-reset.ts'
import { isolating } from '../bidi.ts'
import type { Told } from './audit.ts'

const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)
const counted = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** Minutes as people say them. */
function span(minutes: number): string {
  const hours = minutes / 60
  return minutes > 0 && Number.isInteger(hours) ? counted(hours, 'hour', 'hours') : counted(minutes, 'minute', 'minutes')
}

const figure = ({ detail }: Told): string => (typeof detail.people === 'number' ? people(detail.people) : 'everybody')

/** The sentences of the audit. */
export const resetActions = {
  'two-factor.restored': [
    'Authenticators brought back',
    (who: string, whom: string) => `${who} brought the authenticators of ${whom} back`,
  ],
  'reset.proposed': [
    'Reset proposed',
    (who: string, _: string, told: Told) => `${who} proposed to reset the organization: ${figure(told)}`,
  ],
  'reset.withdrawn': ['Reset withdrawn', (who: string) => `${who} withdrew the proposed reset of the organization`],
  'reset.expired': ['Reset expired', (who: string) => `${who} let the proposed reset of the organization run out`],
  'reset.started': [
    'Reset begun',
    (who: string, whom: string, told: Told) =>
      told.whom === undefined || told.isSelf
        ? `${who} began to reset the organization: ${figure(told)}`
        : `${who} approved the reset of the organization that ${whom} had proposed: ${figure(told)}`,
  ],
  'reset.finished': [
    'Reset done',
    (who: string, _: string, told: Told) => `The reset of the organization that ${who} began is done: ${figure(told)}`,
  ],
  'reset.taking-back': ['Reset being taken back', (who: string) => `${who} began to take the reset of the organization back`],
  'reset.taken-back': [
    'Reset taken back',
    (who: string, _: string, told: Told) => `${who} took the reset of the organization back: ${figure(told)}`,
  ],
  'reset.closed': ['Reset closed', (who: string) => `${who} closed the reset of the organization: it can no longer be taken back`],
  'reset.rules-changed': ['Reset rules changed', (who: string) => `${who} changed the rules for a reset of the organization`],
} as const

/** What the fields of its details are called in the audit. */
export const resetFields: Readonly<Record<string, string>> = {
  reset: 'Reset',
  undoMinutes: 'Can be taken back, in minutes',
  needsApproval: 'A second Security Admin must approve',
  lapsesAt: 'Holds until',
  leftAlone: 'Left alone',
  kept: 'Had set up anew',
  authenticators: 'Authenticators',
}

export const resetWords = isolating({
  button: 'Reset Organization 2FA',
  buttonWhat: 'Takes the authenticators of everybody away at once, for instance when a device or an integration is no longer trusted.',
  title: 'Reset Two-Factor Authentication',
  forbidden: (organization: string) => `Only Security Admins reset everybody at ${organization}. Ask one of yours.`,
  back: 'Two-Factor Authentication',

  count: (count: number) => `${people(count)} will be reset`,
  nobody: 'Nobody to reset',
  nobodyWhat: 'Nobody here has an authenticator that you could take away.',
  ends: 'What ends at once',
  kinds: { totp: 'Authenticator apps', email: 'Email', sms: 'Text messages', voice: 'Phone calls' } as Readonly<Record<string, string>>,
  kind: (label: string, count: number) => `${label}, with their backup codes: ${people(count)}`,
  sessions: (count: number) => (count === 0 ? 'No session is open' : `${counted(count, 'session', 'sessions')} and every login on its way`),
  devices: (count: number) => (count === 0 ? 'No device is remembered' : counted(count, 'remembered device', 'remembered devices')),
  next: 'What happens at their next login',
  nextSteps: [
    'They are told by mail now, one mail each.',
    'They give their password, then a temporary code that is mailed to them. It opens nothing but the set-up.',
    'They set up a new authenticator, and are in.',
  ],
  nextOff:
    'Two-Factor Authentication is off here, so nobody is asked for anything but the password. Switch it on first if they are to set up anew.',
  mailed: (count: number) =>
    `${people(count)} of them last set their password by a mailed link. A mailed code proves nothing more about them: they are sent to you at their next login.`,
  undo: (minutes: number) =>
    minutes === 0
      ? 'This cannot be taken back: the time for that is set to 0.'
      : `It can be taken back for ${span(minutes)} after it has run. Whoever has not set up anew by then gets their authenticators back; sessions stay ended. After that the old secrets are erased.`,
  names: (names: readonly string[], count: number) =>
    count > names.length ? `${names.join(', ')} and ${counted(count - names.length, 'other', 'others')}` : names.join(', '),
  alone: (count: number) => `${people(count)} with an authenticator will be left alone`,
  aloneDone: (count: number) => `${people(count)} with an authenticator were left alone`,
  reasons: {
    elsewhere: 'also belongs to another organization, whose administrators have no part in this',
    above: 'holds a role above that of whoever decides this',
    yourself: 'begins it, and stays able to take it back',
  } satisfies Record<LeftAlone, string>,
  without: (count: number) => `${people(count)} without an authenticator: nothing happens to them, and they get no mail.`,
  more: (count: number) => `and ${counted(count, 'other', 'others')}`,

  name: (organization: string) => `Type "${organization}" to confirm`,
  confirm: 'Confirm',
  propose: 'Propose the reset',
  needsTwo: 'A second Security Admin must approve',
  needsTwoWhat:
    'The others who may reset here get a mail with a link. Nothing happens before one of them approves it; the proposal ends after 24 hours.',
  says: (count: number, organization: string) => `Reset the authenticators of ${people(count)} at ${organization}.`,
  began: 'The reset has begun',
  proposed: 'The others were told by mail',

  waiting: 'Waiting for a second Security Admin',
  waitingWhat: (by: string, until: string) => `${by} proposed this reset. Without an approval it ends ${until}.`,
  waitingOwn: 'You proposed it, so somebody else must approve it.',
  notAsked: 'You were not a Security Admin when this was proposed, so you cannot approve it.',
  approve: 'Approve and reset',
  approveSays: (count: number) => `Approve the reset of ${people(count)}.`,
  withdraw: 'Withdraw',
  withdrawSays: 'Withdraw the proposed reset.',
  withdrawnDone: 'The proposal was withdrawn',

  running: 'The reset is running',
  runningWhat: 'You can close this page: it goes on by itself, and you find it here again.',
  progress: (done: number, all: number) => `${done.toLocaleString('en')} of ${people(all)}`,
  takingBack: 'The reset is being taken back',
  done: 'Done',
  doneWhat: (count: number) => `${people(count)} were reset.`,
  takenBack: 'The reset was taken back',
  takenBackWhat: (restored: number, kept: number, spared: number) =>
    [
      `${people(restored)} got their authenticators back and were told.`,
      ...(kept > 0 ? [`${people(kept)} had set up anew, and keep that.`] : []),
      ...(spared > 0 ? [`${people(spared)} were never reset.`] : []),
    ].join(' '),
  over: 'Done, and final',
  overWhat: 'The time to take it back is over. The old secrets are erased.',
  withdrawn: (by: string) => `The last proposal was withdrawn by ${by}.`,
  expired: 'The last proposal ran out without an approval.',

  figures: {
    people: 'People reset',
    authenticators: 'Authenticators and lists of backup codes',
    sessions: 'Sessions ended',
    devices: 'Devices forgotten',
    nothing: 'Had nothing left to reset',
    mailsSent: 'Mails sent',
    mailsWaiting: 'Mails waiting',
    mailsFailed: 'Mails failed',
  },
  failedFor: (names: readonly string[], count: number) =>
    `No mail could be delivered to: ${resetWords.names(names, count)}. Tell them yourself.`,
  takeBack: 'Take back',
  takeBackWhat: (until: string) => `Can be taken back until ${until}.`,
  takeBackTitle: 'Take the reset back?',
  takeBackAsk:
    'Whoever has not set up anew gets the authenticators and backup codes from before, and a mail that says so. Sessions stay ended and remembered devices stay forgotten.',
  takeBackAction: 'Take it back',
  takeBackSays: 'Take the reset back.',
  finish: 'Done',
  again: 'Reset again',

  rules: 'Rules for a reset',
  rulesWhat: 'For "Reset Organization 2FA", which takes the authenticators of everybody away.',
  two: 'A second Security Admin must approve a reset',
  twoWhat: 'One proposes it, another one who was asked approves it within 24 hours.',
  twoMissing: 'There is only one Security Admin here. Invite another one first.',
  twoOff: 'Switched off, the rule still holds for 24 hours, and all Security Admins are told.',
  lapses: (when: string) => `Switched off. The rule still holds until ${when}.`,
  undoMinutes: 'A reset can be taken back for',
  undoMinutesWhat: 'From 0 (never) to 1,440 minutes (a day) after it has run. Until then the old secrets are kept, sealed.',
  minutes: 'minutes',
  rulesAction: 'Save',
  rulesSays: 'Change the rules for a reset.',
  rulesDone: 'The rules for a reset were changed',
} as const)
