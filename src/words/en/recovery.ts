import type { Role } from '#domain/roles.ts'
import { isolating } from '../bidi.ts'
import type { Explanation, FieldName } from '../problem.ts'

const several: Readonly<Record<Role, string>> = {
  owner: 'the owners',
  'security-admin': 'the Security Admins',
  admin: 'the Admins',
  user: 'the people',
}

const list = new Intl.ListFormat('en', { type: 'conjunction' })

/** Who was asked, by role and organization: "the Security Admins and the Admins of Acme". */
function whom(asked: readonly { readonly organization: string; readonly role: Role }[]): string {
  const organizations = [...new Set(asked.map(({ organization }) => organization))]
  return list.format(
    organizations.map(
      (organization) =>
        `${list.format(asked.filter((one) => one.organization === organization).map(({ role }) => several[role]))} of ${organization}`,
    ),
  )
}

/** Why a one-time pass is not taken; undefined where the code field was meant for something else. */
export function passNotAccepted(reason: string | undefined, isOneTimePass: boolean): Explanation | undefined {
  const field: FieldName = 'code'
  if (reason === 'pass-gone') {
    return {
      field,
      title: 'This one-time pass no longer works.',
      advice: 'It was used, has expired or was replaced. Ask an administrator for another one.',
    }
  }
  if (!isOneTimePass) return undefined
  return reason === 'malformed'
    ? {
        field,
        title: 'That is not a whole one-time pass.',
        advice: 'It has four groups of five. If your mail holds three of them, your administrator gives you the fourth.',
      }
    : {
        field,
        title: 'That one-time pass is not right.',
        advice: 'Check each letter, and use the newest mail: each pass ends the one before.',
      }
}

/** The ways back in, as the Prompt says them. */
export const recoveryWords = isolating({
  stuck: {
    title: 'No phone and no backup codes?',
    whatElse: 'Any of your authenticators will do, and so does a backup code.',
    pass: 'Use a one-time pass',
    ask: 'Ask an administrator',
    askWhat: (organization: string | undefined) =>
      `Nothing at hand? ${organization === undefined ? 'We' : `For ${organization} we`} mail those who may help you. They can send you a one-time pass, or reset your Two-Factor Authentication.`,
  },
  pass: {
    lead: 'Type the one-time pass that an administrator sent you. You then set up a new authenticator.',
    hint: 'Four groups of five. Where the mail holds three of them, your administrator tells you the fourth.',
    toApp: 'Use your authenticator app',
  },
  asked: {
    title: 'An administrator was asked',
    text: (asked: Parameters<typeof whom>[0]) =>
      `We mailed ${whom(asked)}. They will want to make sure that it is you, so expect a call rather than a mail.`,
    againTitle: 'An administrator was asked already',
    again: (asked: Parameters<typeof whom>[0]) => `Within the last hour we mailed ${whom(asked)}. You can ask again once an hour.`,
    next: 'When they send you a one-time pass, log in with your password and choose "Use a one-time pass".',
    nobodyTitle: 'There is nobody to ask here',
    nobody: 'No administrator may help with your account. Contact support, and have your name and your organization at hand.',
    back: 'Back to the code',
  },
  undo: {
    title: 'Undo the change of your email',
    lead: 'Your account gets this email back, everybody is logged out, and you set a new password.',
    label: 'Email',
    button: 'Put this email back',
    gone: {
      title: 'This link no longer works',
      text: 'It was already used, or more than seven days have passed. If somebody is in your account, tell your administrator at once, by phone or in person.',
      action: { href: '/sign-in', label: 'Go to Log In' },
    },
    taken: 'Another account has taken this email in the meantime, so it cannot be put back by itself. Ask your administrator or support.',
  },
} as const)
