import { asName, escapeMarkup, oneLine } from '../markup.ts'
import { methodName } from './methods.ts'

/** What each template needs. Values are text, because they wait in a queue. */
const needs = {
  invitation: ['organization', 'inviter', 'url', 'expiresAt'],
  'password-reset': ['url', 'expiresAt'],
  'password-changed': [],
  'two-factor-enabled': ['authenticator'],
  'two-factor-disabled': ['by'],
  'two-factor-reset': ['by'],
  'authenticator-added': ['authenticator'],
  'authenticator-removed': ['authenticator'],
  'backup-codes-new': [],
  'backup-codes-few': ['left'],
  'backup-code-used': ['left'],
  'wrong-codes': ['count'],
  'wrong-codes-limit': [],
  'requirement-set': ['organization'],
  'requirement-removed': ['organization'],
  'user-changed': ['organization', 'by'],
  'user-unlocked': ['organization', 'by'],
  'membership-suspended': ['organization'],
  'membership-reinstated': ['organization'],
  'membership-removed': ['organization'],
  'policy-off': ['organization'],
  'site-suspended': ['organization'],
  'site-reinstated': ['organization'],
  'site-removed': ['organization'],
  'email-change': ['url', 'expiresAt'],
  'email-change-taken': [],
  'email-changed': ['email', 'url', 'expiresAt'],
  'email-change-undone': ['email'],
  'one-time-pass': ['pass', 'isSplit', 'organization', 'by', 'expiresAt'],
  'one-time-pass-issued': ['organization', 'by', 'reason', 'expiresAt'],
  'one-time-pass-to-approve': ['name', 'person', 'organization', 'by', 'reason', 'expiresAt', 'url'],
  'one-time-pass-used': [],
  'help-asked': ['name', 'person', 'organization', 'url', 'isPasswordMailed'],
  'duo-other-user': ['organization'],
  'duo-other-user-notice': ['name', 'person', 'organization', 'isTaken', 'url'],
  'phone-changed': ['number'],
  'gateway-test': ['organization'],
  'sign-in-code': ['code', 'minutes'],
  'organization-reset': ['organization', 'by'],
  'organization-reset-taken-back': ['organization'],
  'reset-proposed': ['organization', 'by', 'people', 'url', 'expiresAt'],
  'reset-started': ['organization', 'by', 'people', 'undoMinutes', 'url'],
  'reset-approval-off': ['organization', 'by', 'expiresAt', 'url'],
  'duo-push-denied': ['isFraud'],
  'duo-fraud-reported': ['name', 'person', 'organization', 'url'],
} as const satisfies Record<string, readonly string[]>

export type MailTemplate = keyof typeof needs

/** When it happened (ISO 8601) and the network address it came from. A notice without them is sent all the same. */
interface Circumstances {
  readonly at?: string
  readonly address?: string
}

interface Optional {
  readonly 'two-factor-disabled': { readonly organization?: string }
  readonly 'two-factor-reset': { readonly organization?: string }
  readonly 'sign-in-code': { readonly purpose?: string; readonly organization?: string; readonly host?: string }
  readonly 'phone-changed': { readonly by?: string; readonly organization?: string; readonly ended?: string }
  readonly 'user-changed': { readonly name?: string; readonly role?: string; readonly method?: string }
}

/**
 * What a template takes. `by` is `self`, `admin`, or the name of who did it; `expiresAt` and `at` are ISO 8601; `left` and
 * `count` are whole numbers.
 */
export type MailValues<T extends MailTemplate> = Readonly<Record<(typeof needs)[T][number], string>> &
  Circumstances &
  (T extends keyof Optional ? Optional[T] : unknown)

/** In whose look a mail goes out: its name at the end, its color on the button, whom to ask for help, its logo. */
export interface MailLook {
  readonly name: string
  /** `#rrggbb`, readable below white text. */
  readonly accent?: string | undefined
  readonly support?: string | undefined
  readonly logo?: { readonly type: string; readonly bytes: Uint8Array } | undefined
}

export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The image that `cid:logo` in the HTML stands for. */
  readonly logo?: MailLook['logo']
}

/** A mail before it is written as text and as HTML. Everything in it is plain text. */
interface Draft {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** Stands large above the paragraphs; never in the subject, which phones show while they are locked. */
  readonly code?: string
  /** `until` goes with a link that works once. */
  readonly button?: { readonly label: string; readonly url: string; readonly until?: string }
  /** What to do for somebody who did not expect this. */
  readonly otherwise: string
}

const moment = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

function utc(iso: string): string {
  const at = new Date(iso)
  return Number.isNaN(at.getTime()) ? asName(iso) : `${moment.format(at)} UTC`
}

/** The address of a button: made by us, and still refused unless it is a web address without anything to break out with. */
function webAddress(url: string): string {
  if (!/^https?:\/\/[^\s<>"'`\\\p{Cc}]+$/iu.test(url)) throw new TypeError('A mail links to web addresses only.')
  return url
}

/** An IP address as it is; anything a proxy may have let through instead is treated like a name. */
const networkAddress = (text: string) => (/^([0-9a-f]*:[0-9a-f:]{0,40})?(\d{1,3}(\.\d{1,3}){3})?$/i.test(text) ? text : asName(text))

const roles: Readonly<Record<string, string>> = { owner: 'Owner', 'security-admin': 'Security Admin', admin: 'Admin', user: 'User' }

const changeIt =
  'If this was not you: somebody may be in your account. Change your password now with "Forgot password?" on the login page, then tell your administrator.'

function doneBy(by: string, organization: string | undefined): string {
  const where = organization ? ` of ${asName(organization)}` : ''
  if (by === 'self') return 'by you'
  return by === 'admin' || by === '' ? `by an administrator${where}` : `by ${asName(by)}${organization ? `, an administrator${where}` : ''}`
}

const drafts: { readonly [T in MailTemplate]: (values: MailValues<T>) => Draft } = {
  invitation: ({ organization, inviter, url, expiresAt }) => ({
    subject: `You are invited to ${asName(organization)}`,
    paragraphs: [`${asName(inviter)} invites you to join ${asName(organization)}. Open the link to choose a password.`],
    button: { label: 'Accept invitation', url, until: expiresAt },
    otherwise: 'If this was not meant for you: do nothing. Without the link nobody can use the invitation.',
  }),
  'password-reset': ({ url, expiresAt }) => ({
    subject: 'Set a new password',
    paragraphs: ['Somebody asked for a new password for your account. If it was you, open the link to set one.'],
    button: { label: 'Set a new password', url, until: expiresAt },
    otherwise: 'If this was not you: do nothing. Your password stays as it is, and nobody can change it without the link.',
  }),
  'password-changed': () => ({
    subject: 'Your password was changed',
    paragraphs: ['The password of your account was changed. Your authenticators stay as they are.'],
    otherwise: changeIt,
  }),
  'two-factor-enabled': ({ authenticator }) => ({
    subject: 'Two-Factor Authentication is on',
    paragraphs: [`An authenticator was set up for your account: ${asName(authenticator)}. From now on it is asked for when you log in.`],
    otherwise: changeIt,
  }),
  'two-factor-disabled': ({ by, organization }) => ({
    subject: 'Two-Factor Authentication is off',
    paragraphs: [
      `Two-Factor Authentication was switched off for your account ${doneBy(by, organization)}. Your authenticators and backup codes no longer work, and your password alone opens your account.`,
      'We strongly advise you to switch it on again: your settings have "Enable 2FA".',
    ],
    otherwise: changeIt,
  }),
  'two-factor-reset': ({ by, organization }) => ({
    subject: 'Your Two-Factor Authentication was reset',
    paragraphs: [
      `Your authenticators and backup codes were removed ${doneBy(by, organization)}. You are asked to set up a new authenticator when you log in next.`,
    ],
    otherwise:
      'If you did not ask for this: log in now and set up your authenticator before anybody else does, change your password, then tell your administrator.',
  }),
  'authenticator-added': ({ authenticator }) => ({
    subject: 'An authenticator was added',
    paragraphs: [
      `A further authenticator was set up for your account: ${asName(authenticator)}. From now on a code of any of your authenticators lets you log in.`,
    ],
    otherwise: changeIt,
  }),
  'authenticator-removed': ({ authenticator }) => ({
    subject: 'An authenticator was removed',
    paragraphs: [`An authenticator was removed from your account: ${asName(authenticator)}. Its codes no longer work; your other ones do.`],
    otherwise: changeIt,
  }),
  'backup-codes-few': ({ left }) => ({
    subject: 'Your backup codes are running out',
    paragraphs: [
      `Only ${asName(left)} of your backup codes are left. Each works once.`,
      'Make new ones under "User Settings" before you need them: without your phone and without a code, only an administrator can let you in.',
    ],
    otherwise: `If you did not use them: somebody has your codes and your password. ${changeIt.replace('If this was not you: s', 'S')}`,
  }),
  'backup-codes-new': () => ({
    subject: 'You have new backup codes',
    paragraphs: ['New backup codes were made for your account. The old ones no longer work: throw them away.'],
    otherwise: changeIt,
  }),
  'backup-code-used': ({ left }) => ({
    subject: 'A backup code was used',
    paragraphs: [
      `One of your backup codes was used. ${left === '0' ? 'None is left' : left === '1' ? 'One is left' : `${asName(left)} are left`}.`,
      Number(left) <= 3
        ? 'Make new ones in your settings soon, so that you can still log in when your phone is lost.'
        : 'Cross it out on your list: it does not work again.',
    ],
    otherwise: `${changeIt} Then make new backup codes.`,
  }),
  'wrong-codes': ({ count }) => ({
    subject: 'Somebody may know your password',
    paragraphs: [
      `${asName(count)} wrong codes were tried on your account, each time after the right password. Nobody got in with them.`,
      'Unless you mistyped them yourself, somebody else knows your password. Change it now with "Forgot password?" on the login page.',
    ],
    otherwise: 'If this was not you: change your password now, here and wherever else you use the same one, then tell your administrator.',
  }),
  'wrong-codes-limit': () => ({
    subject: 'Your password must be changed',
    paragraphs: [
      'Too many wrong codes were tried on your account, each time after the right password. Nobody got in with them, and no more are taken.',
      'To go on, change your password with "Forgot password?" on the login page. Devices you have logged in with before are not affected.',
    ],
    otherwise:
      'If this was not you: somebody knows your password. Change it wherever else you use the same one, and tell your administrator.',
  }),
  'requirement-set': ({ organization }) => ({
    subject: `${asName(organization)} requires Two-Factor Authentication`,
    paragraphs: [
      `${asName(organization)} now requires Two-Factor Authentication from you. If you have not set it up, you are led through it when you log in next: have your phone at hand, it takes about two minutes.`,
    ],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'requirement-removed': ({ organization }) => ({
    subject: `${asName(organization)} no longer requires Two-Factor Authentication`,
    paragraphs: [
      `${asName(organization)} no longer requires Two-Factor Authentication from you. What you have set up stays on until you switch it off, and we advise you to keep it on.`,
    ],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'user-changed': ({ organization, by, name, role, method }) => ({
    subject: `Your account at ${asName(organization)} was changed`,
    paragraphs: [
      `${asName(by)}, an administrator of ${asName(organization)}, changed your account.`,
      ...(name === undefined ? [] : [`Your name is now: ${asName(name)}.`]),
      ...(role === undefined ? [] : [`Your role there is now: ${roles[role] ?? asName(role)}.`]),
      ...(method === undefined
        ? []
        : [`Your Two Factor Type there is now: ${method === 'default' ? "the organization's default" : asName(methodName(method))}.`]),
    ],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'user-unlocked': ({ organization, by }) => ({
    subject: 'You can log in again',
    paragraphs: [
      `${asName(by)}, an administrator of ${asName(organization)}, unlocked your account: the wrong passwords and codes so far no longer count, and nobody has to wait any more.`,
    ],
    otherwise:
      'If you did not ask for this: somebody may be trying to guess your codes. Change your password with "Forgot password?" on the login page, then tell your administrator.',
  }),
  'membership-suspended': ({ organization }) => ({
    subject: `Your access to ${asName(organization)} was suspended`,
    paragraphs: [
      `An administrator suspended your access to ${asName(organization)}. Until it is given back you cannot use it, and where you belong to nothing else you cannot log in. What you have set up is kept.`,
    ],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'membership-reinstated': ({ organization }) => ({
    subject: `You have access to ${asName(organization)} again`,
    paragraphs: [`An administrator gave your access to ${asName(organization)} back. Log in as before.`],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'membership-removed': ({ organization }) => ({
    subject: `You no longer belong to ${asName(organization)}`,
    paragraphs: [`An administrator removed you from ${asName(organization)}. Where you belong to nothing else you cannot log in any more.`],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'policy-off': ({ organization }) => ({
    subject: `Two-Factor Authentication was switched off at ${asName(organization)}`,
    paragraphs: [
      `Two-Factor Authentication was switched off for everybody at ${asName(organization)}. Nobody is asked for a code there until it is switched on again. What people have set up is kept.`,
    ],
    otherwise: 'If this was not you or a colleague you know of: ask the Security Admins at once, and look into the audit.',
  }),
  'site-suspended': ({ organization }) => ({
    subject: `${asName(organization)} was suspended`,
    paragraphs: [
      `Your provider suspended ${asName(organization)}. Nobody signs in through it until it is reinstated; nothing was deleted, and people keep what they have set up.`,
    ],
    otherwise: 'If this was not expected: ask your provider.',
  }),
  'site-reinstated': ({ organization }) => ({
    subject: `${asName(organization)} is open again`,
    paragraphs: [`Your provider reinstated ${asName(organization)}. Everybody signs in as before.`],
    otherwise: 'If this was not expected: ask your provider.',
  }),
  'site-removed': ({ organization }) => ({
    subject: `${asName(organization)} was removed`,
    paragraphs: [`Your provider removed ${asName(organization)}, and with it everybody's membership there. This cannot be taken back.`],
    otherwise: 'If this was not expected: ask your provider.',
  }),
  'email-change': ({ url, expiresAt }) => ({
    subject: 'Confirm your new email',
    paragraphs: ['Somebody wants to use this address for their account from now on. If it is you, open the link and confirm.'],
    button: { label: 'Confirm this email', url, until: expiresAt },
    otherwise: 'If this was not you: do nothing. Nothing changes without the link.',
  }),
  'email-change-taken': () => ({
    subject: 'This email is in use already',
    paragraphs: [
      'Somebody wants to use this address for their account. It already belongs to an account or to an invitation here, so nothing was changed. Whoever asked was not told.',
      'If it was you: log in with this address, or accept the invitation that was mailed to it.',
    ],
    otherwise: 'If this was not you: do nothing. Your account stays as it is.',
  }),
  'email-changed': ({ email, url, expiresAt }) => ({
    subject: 'The email of your account was changed',
    paragraphs: [
      `From now on you log in with ${asName(email)}, and mails about your account go there. If it was you, there is nothing to do.`,
      'If it was not you, open the link: it puts this address back, logs everybody out, and asks you for a new password.',
    ],
    button: { label: 'Undo this change', url, until: expiresAt },
    otherwise:
      'If this was not you: somebody is in your account, and "Forgot password?" no longer reaches you. Undo the change. Tell your administrator at once, by phone or in person: they can see who did it.',
  }),
  'email-change-undone': ({ email }) => ({
    subject: 'A change of email was undone',
    paragraphs: [
      `The email of the account is ${asName(email)} again: whoever reads the mail of that address undid the change.`,
      'Everybody was logged out, and the password no longer works. A new one is set with "Forgot password?" on the login page. The authenticators stay as they are.',
    ],
    otherwise: 'If this was not you: tell your administrator, by phone or in person. They can see what was changed and when.',
  }),
  'one-time-pass': ({ pass, isSplit, organization, by, expiresAt }) => ({
    subject: 'Your one-time pass',
    paragraphs: [
      `${asName(by)}, an administrator of ${asName(organization)}, sends you a one-time pass, because you cannot give your second step.`,
      isSplit === 'yes' ? `The first three of its four groups are: ${asName(pass)}` : `It is: ${asName(pass)}`,
      ...(isSplit === 'yes'
        ? [
            'Your administrator gives you the fourth group, by phone or in person. It is not mailed, because your password was set through a mail.',
          ]
        : []),
      `Log in with your password, choose "Use a one-time pass" where the code is asked, and type it. It works once, until ${utc(expiresAt)}.`,
      'You then set up a new authenticator. The ones you have now are removed when the pass is used.',
    ],
    otherwise:
      'If you did not ask for this: do not pass it on to anybody, whoever they say they are. Tell your administrator, and change your password.',
  }),
  'one-time-pass-issued': ({ organization, by, reason, expiresAt }) => ({
    subject: 'A one-time pass was issued for your account',
    paragraphs: [
      `${asName(by)}, an administrator of ${asName(organization)}, issued a one-time pass for your account. It is in a mail of its own, and good until ${utc(expiresAt)}.`,
      `The reason given: ${asName(reason)}`,
    ],
    otherwise: 'If you did not ask for this: tell your administrator at once, and change your password. A new password ends the pass.',
  }),
  'one-time-pass-to-approve': ({ name, person, organization, by, reason, expiresAt, url }) => ({
    subject: `${asName(name)} waits for your word on a one-time pass`,
    paragraphs: [
      `${asName(by)} issued a one-time pass for ${asName(name)} (${asName(person)}) of ${asName(organization)}, who must use a passkey. It counts only once a second administrator has approved it: you, or another one who got this mail. It is good until ${utc(expiresAt)}.`,
      `The reason given: ${asName(reason)}`,
      'First make sure that it is them, by a call to a number you already know or in person. Then open their page and choose "Approve one-time pass".',
    ],
    button: { label: 'Open their page', url },
    otherwise: `If you cannot make sure of it, approve nothing, and ask ${asName(by)}. The pass then expires by itself.`,
  }),
  'one-time-pass-used': () => ({
    subject: 'Your one-time pass was used',
    paragraphs: [
      'Somebody logged in with your password and your one-time pass. Your authenticators and backup codes were removed, and a new authenticator is being set up.',
    ],
    otherwise: changeIt,
  }),
  'help-asked': ({ name, person, organization, url, isPasswordMailed }) => ({
    subject: `${asName(name)} asks for help with logging in`,
    paragraphs: [
      `${asName(name)} (${asName(person)}) of ${asName(organization)} gave the right password and has neither their authenticator nor a backup code. You can help them: on their page you reset their Two-Factor Authentication or issue a one-time pass.`,
      'First make sure that it is them, by a call to a number you already know or in person. Whoever has their password could have asked.',
      ...(isPasswordMailed === 'yes'
        ? [
            'Their password was set through a mailed link lately. Somebody who reads their mail could have done that: do not settle it by mail.',
          ]
        : []),
    ],
    button: { label: 'Open their page', url },
    otherwise: 'If this was not them: somebody knows their password. Tell them to change it.',
  }),
  'duo-other-user': ({ organization }) => ({
    subject: 'A login through Duo was stopped',
    paragraphs: [
      `Somebody logged in with your password, and the Duo of ${asName(organization)} let in another person than you. Nobody got in here.`,
      'Your Duo account may have been set up anew. If so, ask your administrator to reset your Two-Factor Authentication, then set Duo up again.',
    ],
    otherwise: changeIt,
  }),
  'duo-other-user-notice': ({ name, person, organization, isTaken, url }) => ({
    subject: `Duo takes ${asName(name)} for somebody else`,
    paragraphs: [
      isTaken === 'yes'
        ? `${asName(name)} (${asName(person)}) of ${asName(organization)} was setting up Duo, and Duo let in a user who belongs to somebody else here. Nobody got in.`
        : `${asName(name)} (${asName(person)}) of ${asName(organization)} gave the right password, and Duo then let in another of its users than at their set-up. Nobody got in.`,
      'Look for the user in the Duo Admin Panel: a name or an alias may belong to two people, or Username Normalization may be on. If the user was only created anew, reset the Two-Factor Authentication of the person here.',
    ],
    button: { label: 'Open their page', url },
    otherwise: 'If this was not expected: somebody may know their password. Tell them to change it.',
  }),
  'phone-changed': ({ number, by, organization, ended }) => ({
    subject: number === '' ? 'Your phone number was removed' : 'Your phone number was changed',
    paragraphs: [
      number === ''
        ? `The phone number was removed from your account${by === undefined ? '' : ` ${doneBy(by, organization)}`}.`
        : `Your account has a new phone number, which ends in ${asName(number.slice(-3))}${by === undefined ? '' : `. It was entered ${doneBy(by, organization)}`}. It counts as not verified until a code has proved it.`,
      ...(ended === undefined
        ? []
        : ['Codes are no longer sent to the number before. Your next sign-in asks for another method, or for a set-up.']),
    ],
    otherwise: changeIt,
  }),
  'gateway-test': ({ organization }) => ({
    subject: `Test mail of ${asName(organization)}`,
    paragraphs: [
      `This mail was sent to see whether mails of ${asName(organization)} arrive. They do. Look at the sender above: it is the one that people will see.`,
    ],
    otherwise: 'If this was not you or a colleague you know of: tell your administrator.',
  }),
  'sign-in-code': ({ code, minutes, purpose }) => ({
    subject: purpose === 'set-up' ? 'Your temporary passcode' : 'Your code to log in',
    paragraphs: [
      purpose === 'set-up'
        ? 'Type this passcode where you are setting up Two-Factor Authentication.'
        : 'Type this code where you are logging in.',
      `It works for ${minutes} ${minutes === '1' ? 'minute' : 'minutes'}, once, and only there. Never tell it to anybody.`,
    ],
    code: code.replace(/[^0-9]/g, ''),
    otherwise:
      'If this was not you: somebody knows your password and is logging in as you. Without this code they do not get in. Change your password now.',
  }),
  'organization-reset': ({ organization, by }) => ({
    subject: `Two-Factor Authentication was reset for everybody at ${asName(organization)}`,
    paragraphs: [
      `${asName(by)}, an administrator of ${asName(organization)}, reset the Two-Factor Authentication of everybody there. Your authenticators and backup codes no longer work, your remembered devices are forgotten, and you are logged out everywhere.`,
      'When you log in next, you give your password, then a code that is mailed to you at that moment, and then you set up a new authenticator. Have your phone at hand: it takes about two minutes.',
    ],
    otherwise:
      'If this was not expected: ask your administrator by phone or in person. Nobody who is in the right asks you for the mailed code.',
  }),
  'organization-reset-taken-back': ({ organization }) => ({
    subject: `The reset at ${asName(organization)} was taken back`,
    paragraphs: [
      `The reset of Two-Factor Authentication at ${asName(organization)} was taken back before you had set up anew. The authenticators and backup codes that you had before work again, and there is nothing to set up.`,
      'You stay logged out where you were logged out, and remembered devices stay forgotten.',
    ],
    otherwise: 'If this was not expected: ask your administrator.',
  }),
  'reset-proposed': ({ organization, by, people: count, url, expiresAt }) => ({
    subject: `Approve or decline: reset of Two-Factor Authentication at ${asName(organization)}`,
    paragraphs: [
      `${asName(by)} proposes to reset the Two-Factor Authentication of everybody at ${asName(organization)}: ${peopleOf(count)} would lose their authenticators, their remembered devices and their sessions, and set up anew.`,
      `It begins only when you or another Security Admin who was asked approves it. Ask ${asName(by)} by phone or in person before you do. The proposal ends by itself on ${utc(expiresAt)}.`,
    ],
    button: { label: 'Look at the proposal', url },
    otherwise: 'If this was not expected: withdraw it on that page. Somebody may be using the account of a colleague.',
  }),
  'reset-started': ({ organization, by, people: count, undoMinutes, url }) => ({
    subject: `Two-Factor Authentication is being reset for everybody at ${asName(organization)}`,
    paragraphs: [
      `${asName(by)} reset the Two-Factor Authentication of ${peopleOf(count)} at ${asName(organization)}. Each of them was told.`,
      undoMinutes === '0'
        ? 'It cannot be taken back: this organization has no time set for that.'
        : `It can be taken back for ${asName(undoMinutes)} minutes after it has run: whoever has not set up anew by then gets their authenticators back.`,
    ],
    button: { label: 'Look at the reset', url },
    otherwise: 'If this was not expected: take it back on that page at once, and find out who used the account.',
  }),
  'reset-approval-off': ({ organization, by, expiresAt, url }) => ({
    subject: `A reset at ${asName(organization)} will soon need one person only`,
    paragraphs: [
      `${asName(by)} switched off the rule that a second Security Admin must approve a reset of Two-Factor Authentication at ${asName(organization)}. It holds until ${utc(expiresAt)}, and from then on one Security Admin alone can reset everybody.`,
    ],
    button: { label: 'Look at the rule', url },
    otherwise: 'If this was not expected: switch the rule on again on that page, and find out who used the account.',
  }),
  'duo-push-denied': ({ isFraud }) => ({
    subject: isFraud === 'yes' ? 'You reported a log-in that was not yours' : 'A log-in was denied on your phone',
    paragraphs: [
      isFraud === 'yes'
        ? 'On your phone somebody answered a push of Duo with "this was not me". Nobody got in. Whoever was logging in gave your right password before: change it now.'
        : 'Somebody gave your right password, and the push of Duo to your phone was denied. Nobody got in.',
      'No more pushes are sent to your phone until you have logged in another way: with a passcode of Duo Mobile or a backup code. An administrator can unlock it, too.',
    ],
    otherwise:
      'If this was not you: somebody knows your password. Change it now with "Forgot password?" on the login page, here and wherever else you use the same one, then tell your administrator.',
  }),
  'duo-fraud-reported': ({ name, person, organization, url }) => ({
    subject: `${asName(name)} reported a log-in that was not theirs`,
    paragraphs: [
      `${asName(name)} (${asName(person)}) of ${asName(organization)} answered a push of Duo with "this was not me". Whoever was logging in gave the right password, from the address below. Nobody got in, and no more pushes are sent to this person.`,
      'Call them on a number you already know. Have them set a new password, and look into the audit for what else came from this address.',
    ],
    button: { label: 'Open their page', url },
    otherwise: 'If this was not meant, but a slip on the phone: once they have logged in another way, pushes are sent again.',
  }),
}

const peopleOf = (count: string) => (count === '1' ? 'one person' : `${asName(count)} people`)

const style = {
  body: 'margin:0;padding:24px;background:#f5f6f8;color:#16191f;font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif',
  card: 'max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #dfe3e8;border-radius:12px',
  logo: 'display:block;height:40px;max-width:160px;margin:0 0 24px',
  title: 'margin:0 0 16px;font-size:20px;line-height:28px;font-weight:600',
  paragraph: 'margin:0 0 16px',
  code: 'margin:0 0 16px;font-size:32px;line-height:40px;font-weight:600;letter-spacing:4px;font-variant-numeric:tabular-nums',
  button: 'display:inline-block;padding:12px 20px;color:#ffffff;border-radius:8px;font-weight:600;text-decoration:none',
  quiet: 'margin:16px 0 0;color:#525a67;font-size:14px;line-height:20px;overflow-wrap:anywhere',
} as const

/** The look of a mail that no organization speaks in. */
const ownLook: MailLook = { name: 'Countersign' }

/** A contact is shown as it is: an address in it is meant to be used. */
const helpFrom = (support: string) => `Need help? Contact support: ${oneLine(support, 200)}`

/** What is said of a link that opens something by itself; one to a page that asks who you are needs nothing said. */
const linkLasts = ({ until }: NonNullable<Draft['button']>) => (until === undefined ? [] : [`The link works once, until ${utc(until)}.`])

function asText({ paragraphs, code, button, otherwise }: Draft, facts: readonly string[], { name, support }: MailLook): string {
  const link = button ? [`${button.label}:\n${webAddress(button.url)}`, ...linkLasts(button)] : []
  return `${[...(code ? [code] : []), ...paragraphs, ...link, ...(facts.length > 0 ? [facts.join('\n')] : []), otherwise, ...(support ? [helpFrom(support)] : []), `-- \n${asName(name)}`].join('\n\n')}\n`
}

function asHtml(
  { subject, paragraphs, code, button, otherwise }: Draft,
  facts: readonly string[],
  { name, accent, support, logo }: MailLook,
): string {
  const quiet = (text: string) => `<p style="${style.quiet}">${text}</p>`
  const url = button && escapeMarkup(webAddress(button.url))
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeMarkup(subject)}</title></head>
<body style="${style.body}"><div style="${style.card}">
${logo ? `<img src="cid:logo" alt="" style="${style.logo}">\n` : ''}<h1 style="${style.title}">${escapeMarkup(subject)}</h1>
${code ? `<p style="${style.code}">${escapeMarkup(code)}</p>\n` : ''}${paragraphs.map((text) => `<p style="${style.paragraph}">${escapeMarkup(text)}</p>`).join('\n')}
${
  button
    ? `<p style="${style.paragraph}"><a href="${url}" style="${style.button};background:${accent ?? '#1f5fd1'}">${escapeMarkup(button.label)}</a></p>\n${quiet(`Or copy this address: ${url}`)}${linkLasts(
        button,
      )
        .map((one) => `\n${quiet(escapeMarkup(one))}`)
        .join('')}`
    : ''
}
${facts.length > 0 ? quiet(facts.map(escapeMarkup).join('<br>')) : ''}
${quiet(escapeMarkup(otherwise))}
${support ? `${quiet(escapeMarkup(helpFrom(support)))}\n` : ''}${quiet(escapeMarkup(asName(name)))}
</div></body></html>
`
}

/**
 * Writes a mail. Names in it never become links or headers, and nothing in it is loaded from elsewhere.
 *
 * @throws {TypeError} when the address of a button is not a web address
 */
export function mail<T extends MailTemplate>(template: T, values: MailValues<T>, look: MailLook = ownLook): Mail {
  const draft: Draft = drafts[template](values)
  const facts = [
    ...(values.at ? [`When: ${utc(values.at)}`] : []),
    ...(values.address ? [`From the address: ${networkAddress(values.address)}`] : []),
  ]
  const { logo } = look
  // The names in it are one line already, and set apart where they must be; no header may follow in any case.
  const subject = draft.subject.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  return { subject, text: asText(draft, facts, look), html: asHtml(draft, facts, look), ...(logo ? { logo } : {}) }
}

export function isMailTemplate(name: string): name is MailTemplate {
  return Object.hasOwn(needs, name)
}

/**
 * {@link mail} for what comes out of the queue, where nothing but text is known.
 *
 * @throws {TypeError} when the template is unknown or a value is missing; the message names it and quotes no value
 */
export function mailFromQueue(template: string, values: Readonly<Record<string, string>>, look?: MailLook): Mail {
  if (!isMailTemplate(template)) throw new TypeError(`There is no mail called "${oneLine(template, 40)}".`)
  const missing = needs[template].filter((name) => typeof values[name] !== 'string')
  if (missing.length > 0) throw new TypeError(`The mail "${template}" lacks ${missing.join(', ')}.`)
  return mail(template, values as MailValues<typeof template>, look)
}
