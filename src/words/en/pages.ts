import type { Rule } from '#domain/policy.ts'
import { problems } from '#domain/problem.ts'
import { type Intent, signInLifetimeSeconds } from '#domain/sign-in.ts'
import { isolating } from '../bidi.ts'
import type { Explanation, FieldName, PageProblem } from '../problem.ts'
import { authAnvilWords } from './authanvil.ts'
import { duoRefused, duoStartAgain, duoUnavailable } from './duo-pages.ts'
import { duoPushWords, pushRefused } from './duo-push.ts'
import { passkeyWords } from './passkeys.ts'
import { passwordHint, passwordTooWeak } from './passwords.ts'
import { passNotAccepted, recoveryWords } from './recovery.ts'
import { notSent, sentCodes } from './sent-codes.ts'

const unit = (amount: number, name: 'second' | 'minute' | 'hour' | 'day') =>
  new Intl.NumberFormat('en', { style: 'unit', unit: name, unitDisplay: 'long' }).format(amount)

/** A wait that is never told shorter than it is. */
function wait(seconds: number): string {
  if (seconds < 60) return unit(Math.max(1, Math.ceil(seconds)), 'second')
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? unit(minutes, 'minute') : unit(Math.ceil(minutes / 60), 'hour')
}

const about = (seconds: number) => (seconds < 60 ? unit(Math.round(seconds), 'second') : unit(Math.round(seconds / 60), 'minute'))

const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

const aBackupCode = 'A backup code has four groups of four characters, such as ABCD-EFGH-JKLM-NPQR.'

/** What the page knows that the problem does not. */
interface Situation {
  /** The person meant to type a backup code. */
  readonly isBackupCode?: boolean
  /** The field would take one. */
  readonly takesBackupCode?: boolean
  /** The person meant to type a one-time pass. */
  readonly isOneTimePass?: boolean
  readonly isEmailFixed?: boolean
  /** A code was sent to be typed here. */
  readonly isSent?: boolean
  /** AuthAnvil was asked. */
  readonly isAuthAnvil?: boolean
  /** Duo was asked about a passcode. */
  readonly isDuo?: boolean
}

function codeNotAccepted(
  { reason, clockOffBySeconds = 0 }: PageProblem,
  { isBackupCode = false, takesBackupCode = false, isOneTimePass = false, isSent = false, isAuthAnvil = false, isDuo = false }: Situation,
): Explanation {
  const field: FieldName = 'code'
  const pass = passNotAccepted(reason, isOneTimePass)
  if (pass) return pass
  if (reason === 'expired' || reason === 'superseded' || reason === 'not-sent') return { field, ...sentCodes.problems[reason] }
  if (reason === 'mismatch' && isAuthAnvil && !isBackupCode) return { field, ...authAnvilWords.pages.mismatch }
  if ((reason === 'mismatch' || reason === 'malformed') && isDuo && !isBackupCode) return { field, ...duoPushWords.passcodeWrong }
  if (reason === 'mismatch' && isSent && !isBackupCode) return { field, ...sentCodes.problems.mismatch }
  if (reason === 'used-backup-code') {
    return {
      field,
      title: 'That backup code was already used.',
      advice: 'Each backup code works once. Cross it out and type the next one on your list.',
    }
  }
  if (reason === 'replayed') {
    return {
      field,
      title: 'That code was already used.',
      advice: 'Each code works once. Wait for the next one in your app, then type that.',
    }
  }
  if (reason === 'late') {
    return {
      field,
      title: 'That code has just run out.',
      advice: 'Type the one that your app shows now. If this happens again, switch on automatic date and time on your phone.',
    }
  }
  if (reason === 'clock') {
    const direction = clockOffBySeconds < 0 ? 'behind' : 'ahead'
    return {
      field,
      title: "Your phone's clock is off.",
      advice: `Your phone's clock is about ${about(Math.abs(clockOffBySeconds))} ${direction}. Switch on automatic date and time in its settings, then type a new code.`,
    }
  }
  if (reason === 'malformed') {
    return isBackupCode
      ? { field, title: 'That is not a whole backup code.', advice: aBackupCode }
      : {
          field,
          title: 'That is not a whole code.',
          advice: takesBackupCode
            ? `A code${isSent ? '' : ' from the app'} has six digits. If you have a backup code, choose "Use a backup code".`
            : `A code${isSent ? '' : ' from the app'} has six digits. Type all six.`,
        }
  }
  return isBackupCode
    ? {
        field,
        title: 'That backup code is not right.',
        advice: 'Check each letter. A new set of codes replaces the old one, so use the list you saved last.',
      }
    : {
        field,
        title: 'That code is not right.',
        advice: 'Codes change every 30 seconds. Type the one your app shows now for this account.',
      }
}

/** Every refusal in two parts: what it was, and what to do next. Nothing here repeats what a person typed. */
function explain(problem: PageProblem, situation: Situation = {}): Explanation {
  const afterWait = problem.retryAfterSeconds === undefined ? 'Wait a little' : `Wait ${wait(problem.retryAfterSeconds)}`
  switch (problem.code) {
    case 'code-not-accepted':
      return codeNotAccepted(problem, situation)
    case 'passkey-not-accepted':
      return passkeyWords.pages.refused(problem.reason)
    case 'authanvil-unavailable':
      return problem.reason === 'off' ? authAnvilWords.pages.off : authAnvilWords.pages.unavailable
    case 'duo-unavailable':
      return duoUnavailable(problem.reason)
    case 'duo-refused':
      return (problem.duoStatus === undefined ? pushRefused(problem.reason) : undefined) ?? duoRefused(problem.reason, problem.duoStatus)
    case 'duo-push-limit':
      return duoPushWords.limited(problem.reason, afterWait)
    case 'duo-start-again':
      return duoStartAgain(problem.reason)
    case 'password-too-weak':
      return passwordTooWeak(problem)
    case 'wrong-password':
      if (situation.isEmailFixed)
        return { field: 'password', title: 'That password is not right.', advice: 'Type it again, or choose "Forgot password?".' }
      return { field: 'password', title: 'The email or the password is not right.', advice: 'Check both, or choose "Forgot password?".' }
    case 'site-suspended':
      return {
        title: `${problem.organization ?? 'Your organization'} is suspended.`,
        advice:
          'Your password is right, but nobody signs in through this organization at the moment. Ask its administrators or your provider.',
      }
    case 'passkey-not-available':
      return {
        title: 'You can set up no passkey.',
        advice:
          'The rules of your organization do not allow it, or you have as many authenticators as there may be. Ask a Security Admin of your organization.',
      }
    case 'too-many-attempts':
      return { title: 'Too many attempts.', advice: `${afterWait}, then try again. Until then even a right answer is refused.` }
    case 'sending-limit':
      return notSent(problem.reason, afterWait)
    case 'invalid-phone':
      return { field: 'phone', ...sentCodes.numberInvalid }
    case 'password-change-required':
      return {
        title: 'Change your password to go on.',
        advice:
          'Too many wrong answers were tried for your account, so somebody else may know your password. Choose "Forgot password?", set a new one, then log in with it.',
      }
    case 'busy':
      return {
        title: 'Too many people are signing in right now.',
        advice:
          problem.retryAfterSeconds === undefined ? 'Try again in a few seconds.' : `Try again in ${wait(problem.retryAfterSeconds)}.`,
      }
    case 'link-gone':
      return { title: 'This link was already used or has expired.', advice: 'Ask for a new one.' }
    case 'sign-in-gone':
      return {
        title: 'That took too long, so we ended it.',
        advice: `For your safety a sign-in lasts ${wait(signInLifetimeSeconds)}. Start again with your email and password.`,
      }
    case 'forged-request':
      return {
        title: 'This page was out of date.',
        advice: 'It is a fresh one now: please try again. If it happens again, allow cookies for this site.',
      }
    case 'step-not-open':
    case 'moved-on':
      return {
        title: 'This was already done elsewhere.',
        advice: 'You may have another tab open. This is where things stand now: go on from here.',
      }
    case 'invalid-email':
      return {
        field: 'email',
        title: 'This email cannot be used.',
        advice: 'Type an address that mail can be sent to, such as name@example.com.',
      }
    case 'email-in-use':
      return { title: 'This email is in use.', advice: 'Another account has taken it in the meantime. Your email stays as it was.' }
    case 'email-taken':
      return { field: 'email', title: 'This email is taken.', advice: 'Use another address, or log in with this one.' }
    case 'malformed':
      return { title: 'Something is missing.', advice: 'Fill in every field, then try again.' }
    default:
      return {
        title: Object.hasOwn(problems, problem.code) ? problems[problem.code as keyof typeof problems].title : problems.internal.title,
        advice: 'Try again. If it happens again, ask your administrator.',
      }
  }
}

const onceDone: Readonly<Record<Intent, { readonly title: string; readonly text: string }>> = {
  enter: {
    title: 'Set-up is complete',
    text: 'Two-Factor Authentication is on. From now on you log in with your password and a code from your app.',
  },
  enroll: {
    title: 'Set-up is complete',
    text: 'Two-Factor Authentication is on. From now on you log in with your password and a code from your app.',
  },
  'backup-codes': {
    title: 'Your new backup codes are ready',
    text: 'The old ones no longer work. Throw them away, so that you never pick up the wrong list.',
  },
  disable: {
    title: 'Two-Factor Authentication is off',
    text: 'From now on your password alone opens your account. You can switch it on again at any time in your settings.',
  },
  'second-factor': { title: 'Set-up is complete', text: 'Two-Factor Authentication is on. Go back to where you came from.' },
  confirm: { title: 'Thank you', text: 'We know that it is you. You can go on for five minutes before we ask again.' },
}

function whyAsked(rule: Rule, organization: string): string {
  switch (rule) {
    case 'everyone':
      return `${organization} requires Two-Factor Authentication from everyone.`
    case 'chosen':
      return `${organization} requires Two-Factor Authentication from you.`
    case 'phishing-resistant':
      return `${organization} lets you sign in with a passkey or security key only: nothing else is safe from a page that looks like this one.`
    case 'set-up-due':
      return `Your authenticators were reset, so ${organization} asks you to set one up again.`
  }
}

const toLogIn = { href: '/sign-in', label: 'Go to Log In' } as const
const toForgotPassword = { href: '/forgot-password', label: 'Ask for a new link' } as const
const toConsole = { href: '/', label: 'Go to the start page' } as const

/** Every sentence of the Prompt. A page takes its words from here and from nowhere else. */
export const pages = isolating({
  product: 'Countersign',
  errorPrefix: 'Error',
  cancel: 'Cancel',
  continue: 'Continue',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Not copied',
  print: 'Print',
  download: 'Download',
  forgotPassword: 'Forgot password?',
  whyAsked: 'Why am I asked?',
  because: whyAsked,
  support: 'Need help? Contact support:',
  fields: {
    email: 'Email',
    password: 'Password',
    code: 'Authentication Code',
    organizationName: 'Organization name',
    name: 'Your name',
    label: 'Name of this app (optional)',
  },
  reveal: { show: 'Show', hide: 'Hide', what: 'password' },
  passwordHint,
  explain,

  password: {
    title: 'Log in',
    lead: 'Use the email and password of your account.',
    button: 'Log In',
    confirmTitle: 'Confirm that it is you',
    confirmLead: 'You are about to change how your account is protected. Type your password first.',
    notices: {
      'signed-out': 'You are logged out.',
      'session-ended': 'Your session has ended. Log in again to go on.',
      'sign-in-first': 'Log in first, then we bring you there.',
      'password-changed': 'Your password was changed. Log in with the new one.',
      'invitation-accepted': 'Welcome. Your account is ready: log in to begin.',
      'set-up': 'Your organization is ready: log in to begin.',
      cancelled: 'Cancelled. Nothing was changed.',
    },
  },

  answer: {
    title: {
      enter: 'Two-Factor Authentication',
      confirm: 'Confirm that it is you',
      enroll: 'Confirm that it is you',
      'backup-codes': 'Confirm that it is you',
      disable: 'Disable 2FA',
      'second-factor': 'Two-Factor Authentication',
    },
    button: {
      enter: 'Log In',
      confirm: 'Verify',
      enroll: 'Verify',
      'backup-codes': 'Verify',
      disable: 'Confirm',
      'second-factor': 'Verify',
    },
    leadApp: 'Open your authenticator app and type the code it shows.',
    leadBackupCode: 'Type one of the backup codes that you saved.',
    hintApp: 'Six digits, new every 30 seconds.',
    remember: (days: number) => `Remember this device for ${unit(days, 'day')}`,
    hintBackupCode: 'Four groups of four, such as ABCD-EFGH-JKLM-NPQR. Each code works once.',
    toBackupCode: 'Use a backup code',
    toApp: 'Use your authenticator app',
    keepItOnTitle: 'We strongly advise you to keep it on.',
    keepItOn: 'Without it, whoever learns your password is in. If you are changing phones, cancel and set up the new one instead.',
    disableLead: 'To switch it off, type the code your authenticator app shows.',
    disableLeadBackupCode: 'To switch it off, type one of your backup codes.',
  },

  enroll: {
    title: 'Set up Two-Factor Authentication',
    lead: 'Your phone will show a code that only you can see. It takes about two minutes.',
    install: 'Install an authenticator app',
    installText: 'Any app for six-digit codes will do. If you have one already, go to the next step.',
    recommended: 'Recommended',
    appStore: 'App Store',
    googlePlay: 'Google Play',
    on: (app: string) => `${app} on`,
    scan: 'Scan the QR code',
    scanText: 'In the app, choose to add an account (often a plus sign), then point the camera here.',
    qr: 'QR code to scan with your authenticator app',
    onThisPhone: 'Open in an app on this phone',
    cannotScan: 'If you cannot scan, type this key into the app:',
    key: 'Setup key',
    enter: 'Enter the code',
    hint: 'The six digits the app shows now. They change every 30 seconds.',
    labelHint: 'Such as "Work phone", to tell several apart.',
    button: 'Verify',
  },

  codes: {
    title: 'Save your backup codes',
    lead: 'Each of these gets you in once, when your phone is lost or broken.',
    warningTitle: 'You see them only this once.',
    warning: 'Keep them in a safe place apart from your phone. Anybody who has one of them and your password can log in.',
    list: 'Backup codes',
    saved: 'I have saved these codes',
    notSaved: 'Tick the box first.',
    notSavedAdvice: 'Save the codes, then tick the box: you will not see them again.',
  },

  complete: onceDone,

  setUp: {
    title: 'Set up Countersign',
    lead: 'Name your organization and make the first account. It will be the owner.',
    progress: 'Progress',
    steps: ['Organization', 'Authenticator', 'Backup codes'],
    stepOf: (step: number, steps: number) => `Step ${step} of ${steps}`,
    organizationHint: 'People see it when they log in.',
    emailHint: 'You log in with it.',
    button: 'Create',
    problems: 'Please correct this:',
    missing: {
      organizationName: { title: 'The name of the organization is missing.', advice: 'Type the name that people know it by.' },
      name: { title: 'Your name is missing.', advice: 'Type the name that your colleagues know you by.' },
    },
  },

  invitation: {
    title: (organization: string) => `Join ${organization}`,
    lead: (name: string) => `Welcome, ${name}. Choose a password, and you are in.`,
    leadKnown: (name: string) => `Welcome back, ${name}. You have an account already: give its password to add this organization to it.`,
    button: 'Accept invitation',
  },

  forgot: {
    title: 'Forgot your password?',
    lead: 'Type your email, and we send you a link to set a new one.',
    button: 'Send the link',
    back: 'Back to Log In',
    sentTitle: 'Look into your mail',
    sent: 'If there is an account with that email, a link to set a new password is on its way. It works once, and only for a short time.',
    sentAdvice: 'Nothing there after a few minutes? Look into the spam folder, check that the address was right, then ask again.',
    again: 'Ask again',
  },

  reset: {
    title: 'Set a new password',
    lead: 'Only your password changes: your authenticators stay as they are.',
    label: 'New password',
    button: 'Set password',
    doneTitle: 'Your password was changed',
    done: 'Log in with the new one. If Two-Factor Authentication is on, you are asked for a code as before.',
    doneButton: 'Log In',
  },

  emailChange: {
    title: 'Confirm your new email',
    lead: 'From then on you log in with it, and mails about your account go there. The old address is told.',
    leadPassword: 'Give the password of your account to change its email to this one.',
    label: 'New email',
    button: 'Confirm this email',
    doneTitle: 'Your email was changed',
    done: (email: string) => `From now on you log in with ${email}.`,
    doneButton: 'Go to your profile',
    gone: {
      title: 'This link no longer works',
      text: 'It was already used, was called off, or has expired. Ask for a new one in your profile.',
      action: { href: '/settings#profile', label: 'Go to your profile' },
    },
  },

  recovery: recoveryWords,

  problem: { status: 'Status', code: 'Code', requestId: 'Request id' },

  /** Whole pages for what cannot go on, by the code of the problem. */
  messages: {
    'link-gone': {
      title: 'This link no longer works',
      text: 'It was already used, or it has expired. Ask for a new one, or ask whoever invited you to send another.',
      action: toForgotPassword,
    },
    'sign-in-gone': {
      title: 'That took too long',
      text: `For your safety a sign-in lasts ${wait(signInLifetimeSeconds)}. Start again, nothing was lost.`,
      action: toLogIn,
    },
    'forged-request': {
      title: 'This page was out of date',
      text: 'Go back, load it again, and try once more. If it happens again, allow cookies for this site.',
      action: toLogIn,
    },
    'not-signed-in': { title: 'Log in first', text: 'This page is only for people who are logged in.', action: toLogIn },
    'step-not-open': {
      title: 'This was already done',
      text: 'You may have another tab open. Go on from where things stand now.',
      action: { href: '/sign-in', label: 'Go on' },
    },
    'moved-on': {
      title: 'This was changed in the meantime',
      text: 'You may have another tab open. Go on from where things stand now.',
      action: { href: '/sign-in', label: 'Go on' },
    },
    forbidden: {
      title: 'This is not for your role',
      text: 'Your role does not allow this. Ask a Security Admin of your organization.',
      action: toConsole,
    },
    'two-factor-required': {
      title: 'Two-Factor Authentication is required',
      text: 'Your organization requires it, so it cannot be switched off. Ask an administrator if you think that it should not be.',
      action: toConsole,
    },
    'two-factor-not-available': {
      title: 'Two-Factor Authentication is not available',
      text: 'It is switched off for your organization. A Security Admin can switch it on.',
      action: toConsole,
    },
    'not-enrolled': {
      title: 'Nothing is set up yet',
      text: 'You have no authenticator. Set one up in your settings first.',
      action: toConsole,
    },
    'not-found': {
      title: 'There is nothing here',
      text: 'The address may be mistyped, or what was here is not yours to see.',
      action: toConsole,
    },
    malformed: {
      title: 'We could not read that',
      text: 'Something in the request was missing or not as expected. Go back and try again.',
      action: toLogIn,
    },
    'payload-too-large': { title: 'That was too much at once', text: 'Go back and send less.', action: toConsole },
    'unsupported-media-type': { title: 'We could not read that', text: 'Go back and use the form of the page.', action: toConsole },
    'too-many-attempts': { title: 'Too many attempts', text: 'Wait a few minutes, then try again.', action: toLogIn },
    busy: { title: 'Too many people are signing in right now', text: 'Nothing is broken. Try again in a few seconds.', action: toLogIn },
    internal: {
      title: 'Something failed on our side',
      text: 'It was logged. Try again; if it happens again, tell your administrator the request id below.',
      action: toConsole,
    },
  },

  inbox: {
    title: 'Development inbox',
    lead: 'Mails, text messages and calls that would have left the house. This page exists only for development, and never in production.',
    empty: 'Nothing yet',
    emptyText: 'Invite somebody or ask for a new password, then load this page again.',
    to: 'to',
    mail: 'Mail',
    text: 'Text Message',
    call: 'Phone Call',
    pressKey: 'Press any key',
    listen: 'Listen',
    /** Digits as a voice says them, one by one. */
    spoken: (text: string) => text.replace(/\d{2,}/g, (digits) => [...digits].map((digit) => digitNames[Number(digit)]).join(' – ')),
    at: (when: Date) => `${dateAndTime.format(when)} UTC`,
  },
})
