import { isolating } from '../bidi.ts'
import type { Explanation } from '../problem.ts'

/** Why a passkey was not taken, in two parts. */
function refused(reason: string | undefined): Explanation {
  switch (reason) {
    case 'known':
      return { title: 'This key is set up already.', advice: 'Use it as it is, or set up another one.' }
    case 'replayed':
      return {
        title: 'This key was refused, because it seems to be a copy.',
        advice: 'Use another way to sign in, then remove this key in User Settings and set it up again.',
      }
    case 'not-whole':
      return {
        title: 'Your organization asks for your password, too.',
        advice: 'Type your email and password first, then use the passkey.',
      }
    default:
      return { title: 'That passkey or security key was not accepted.', advice: 'Try again, or use another one.' }
  }
}

/** What is said about passkeys and security keys: on the pages of a sign-in, in Company Settings and in User Settings. */
export const passkeyWords = {
  pages: isolating({
    refused,
    title: 'Set up a passkey',
    enrollLead:
      'A passkey is a key on your phone, your computer or a security key. It works on this site only, so no other page can use it.',
    enrollText: 'Choose "Create passkey". Your browser asks where to keep it, and for your fingerprint, your face or a PIN.',
    enrollButton: 'Create passkey',
    label: 'Name of this passkey (optional)',
    labelHint: 'Tells several apart, like "Work laptop" or "Blue key".',
    second: 'Afterwards set up a second one and keep it in another place: it lets you in when the first is lost.',
    lead: 'Use your passkey or security key.',
    button: 'Use passkey',
    alone: 'Sign in with a passkey',
    others: 'Use another way',
    lost: 'Passkey lost?',
    lostWhat: 'A second passkey will do, and so will another way where one is shown above.',
    toPasskey: 'Use your passkey or security key',
    waiting: 'Follow what your browser asks.',
    cancelled: 'The browser ended it, or nothing came in time. Try again.',
    known: 'This key is set up already. Choose another one.',
    unsupported: 'This browser cannot use passkeys. Try another browser, or one of the other ways.',
    noScript: 'Passkeys take JavaScript, which is off here. Switch it on for this site, or use another way if you have one.',
    notHere: 'Passkeys cannot be used at this address. They take a host name that is reached by https.',
    elsewhere: (hosts: readonly string[]) =>
      `You have set up a passkey at ${new Intl.ListFormat('en').format([...hosts])}. It works there only: sign in there to use it, or set up another one here afterwards.`,
  }),

  /** Company Settings. */
  rules: {
    title: 'Passkeys and security keys',
    strongest: 'A passkey is the strongest choice: no page that only looks like the right one can use it, and no code can be passed on.',
    allow: 'Allow passkeys',
    kept: '"Passkeys only" is on below, so they stay allowed.',
    resistant: 'Passkeys only (phishing-resistant)',
    resistantWhat:
      'Whoever it is for signs in with a passkey or security key and nothing else: no code, no backup code, no remembered device, no mailed passcode. Who has lost every key needs a one-time pass that one administrator issues and another approves.',
    resistantFor: {
      off: 'Nobody has to',
      administrators: 'Everybody with another role than User',
      everyone: 'Everyone (the requirement above is then for everyone, too)',
    } as const,
    passwordless: 'Passkey is a whole sign-in',
    passwordlessWhat:
      'OFF: a passkey is the second step, after the password. ON: a passkey that has asked for a fingerprint, a face or a PIN lets its owner in by itself. Not for people who also belong to an organization that does not allow it.',
    noHostName: 'Not possible yet: passkeys take a host name that is reached by https, and this installation is reached otherwise.',
    cannotSignIn: (count: number) =>
      `${count === 1 ? '1 person has' : `${count.toLocaleString('en')} people have`} no passkey and could not sign in any more. Have them set one up first: otherwise two administrators must give each of them a one-time pass.`,
    resistantAdvice:
      'Have everybody set up two passkeys first, and keep one in another place. Whoever switches this on for themselves signs in with a passkey before.',
  },

  /** "Issue one-time pass", where the rules leave the person nothing else. */
  approval: isolating({
    action: 'Approve one-time pass',
    says: (name: string) => `Approve the one-time pass of ${name}`,
    what: (name: string) =>
      `Another administrator has issued a one-time pass for ${name}, who must use a passkey and has none. Make sure that it is really ${name} who asked for it. With your word the pass counts.`,
    needed: (name: string) =>
      `If ${name} must use a passkey, the pass counts only once a second administrator has opened this page and chosen "Approve one-time pass".`,
    waits: (name: string) => `A one-time pass of ${name} waits for a second administrator.`,
    ownWaits: 'You issued it, so another administrator has to approve it. Those who may were told by mail.',
    until: (when: string) => `It is good until ${when}.`,
    good: (name: string) => `A one-time pass of ${name} has not been used yet.`,
    expired: (name: string) => `The one-time pass of ${name} has expired.`,
    expiredWhat: (when: string) => `It was good until ${when} and was not used. Issue another one if it is still needed.`,
    done: 'Approved. The pass counts now.',
  }),
} as const
