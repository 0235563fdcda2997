import { isolating } from '../bidi.ts'

/** What the pages say about codes that are sent. */

const methods: Readonly<Record<string, string>> = {
  totp: 'Google / Microsoft Authenticator',
  duo: 'Duo',
  authanvil: 'AuthAnvil',
  email: 'Email',
  sms: 'Text Message',
  voice: 'Phone Call',
}

const minutes = (count: number) => `${count} ${count === 1 ? 'minute' : 'minutes'}`
const senders: Readonly<Record<string, string>> = { email: 'Email me a code', sms: 'Send SMS Code', voice: 'Call me' }
const inMinutes = (now: Date, until: string) => Math.max(0, Math.ceil((new Date(until).getTime() - now.getTime()) / 60_000))

/** Why a message did not arrive, where the reason of the gateway tells the person what to do. */
const nothingArrives: Readonly<Record<string, string>> = {
  email: 'Look into the spam folder first. If the address is wrong, ask your administrator.',
  sms: 'Check that the phone is on and has a signal. If you have another number now, use another way to log in, then change the number in your settings.',
  voice:
    'Check that the phone is on and has a signal. If you have another number now, use another way to log in, then change the number in your settings.',
}

const anotherWay = 'Use another way that this page offers, or another number.'

/** Why nothing is sent, and what to do: where waiting does not help, another way is named. */
export function notSent(reason: string | undefined, afterWait: string): { readonly title: string; readonly advice: string } {
  switch (reason) {
    case 'country-not-allowed':
      return {
        title: 'We send no codes to numbers of this country.',
        advice: `${anotherWay} If you need this number, ask your administrator to allow its country.`,
      }
    case 'number':
      return { title: 'We send no codes to this number.', advice: `It costs extra, or reaches nobody. ${anotherWay}` }
    case 'few-used':
      return {
        title: 'Codes to numbers like this one are held back for now.',
        advice: `Too many were asked for that nobody entered. ${anotherWay} Or: ${afterWait.toLowerCase()}, then ask again.`,
      }
    case 'prefix':
    case 'country':
    case 'organization':
    case 'installation':
      return {
        title: 'No more codes can be sent for now.',
        advice: `So many went out already that we stop, to keep somebody from running up a bill. ${anotherWay} Or: ${afterWait.toLowerCase()}, then ask again.`,
      }
    case 'network':
      return { title: 'Too much was asked for from your network.', advice: `${afterWait}, then ask again, or use another network.` }
    default:
      return {
        title: 'No more codes for now.',
        advice: `${afterWait}, then ask again. A code that arrived already still works until it runs out.`,
      }
  }
}

/** Why a message did not arrive, in the words of whoever waits for it, by what its gateway reported. */
const notArrived: Readonly<Record<string, string>> = {
  'invalid-number': 'The number does not exist, or cannot be reached.',
  'invalid-address': 'The mail server knows no such address.',
  'not-mobile': 'The number takes no text messages. Have us call you, if the page offers that.',
  'opted-out': 'This number has answered STOP to our messages. Send START to the number they came from, then ask again.',
  unreachable: 'The phone is switched off, out of reach, or blocks us.',
  busy: 'The line was engaged.',
  'no-answer': 'Nobody answered the call.',
  'not-heard': 'Somebody or something answered, and pressed no key. The code is read after a key press only.',
  filtered: 'The phone company took it for advertising and did not pass it on.',
  'region-blocked': 'Our service reaches no numbers of this country. Use another way to log in.',
  'no-route': 'Our service finds no way to this number. Use another way to log in.',
}

/** What the pages say. Where a code went is masked before it comes here. */
export const sentCodes = isolating({
  method: (kind: string) => methods[kind] ?? kind,
  send: (kind: string) => senders[kind] ?? 'Send a code',
  /** Under the button: where the code would go. */
  sendTo: { email: 'to', sms: 'to', voice: 'at' } as Readonly<Record<string, string>>,
  resend: 'Resend',
  resendLead: { email: 'No mail?', sms: 'No text message?', voice: 'No call?' } as Readonly<Record<string, string>>,
  sent: ({ kind, to, expiresAt }: { readonly kind: string; readonly to: string; readonly expiresAt: string }, now: Date) => {
    const how = { email: 'We sent a code to', sms: 'We sent a text message to', voice: 'We are calling' }[kind] ?? 'We sent a code to'
    const left = inMinutes(now, expiresAt)
    return left === 0
      ? `The code that went to ${to} has run out. Ask for another one.`
      : `${how} ${to}. The code works for ${minutes(left)}, and only here.`
  },
  delivered: 'The phone network reports that it was delivered.',
  undelivered: (kind: string, reason?: string) => {
    const why = reason !== undefined && Object.hasOwn(notArrived, reason) ? `${notArrived[reason]} ` : ''
    return {
      title: kind === 'voice' ? 'The call did not get through.' : 'It could not be delivered.',
      advice: `${why}${nothingArrives[kind] ?? ''}`,
    }
  },
  nothing: 'Nothing arrives?',
  nothingText: (kind: string) => nothingArrives[kind] ?? '',
  leadFirst: (kind: string) =>
    kind === 'voice' ? 'Have us call you, then type the code that you hear.' : 'Have a code sent to you, then type it here.',
  leadAny: 'Type the code that your authenticator app shows, or have one sent to you.',
  leadSetUp: 'Your authenticators were reset. We send a temporary passcode to your email: with it you set up a new one.',
  disableLead: 'To switch it off, type a code. You can have one sent to you.',
  titleSetUp: 'Set up Two-Factor Authentication again',
  buttonSetUp: 'Continue',
  stuckSetUp: 'No access to your mail?',
  hint: 'Six digits.',
  toSent: 'Have a code sent to you',
  otherWays: 'Or have a code sent to you',
  number: 'Cell Phone',
  numberHint: 'With the plus and the country code, such as +49 30 901820. Spaces do not matter.',
  numberInvalid: {
    title: 'This number cannot be used.',
    advice: 'Begin with the plus and the country code, such as +49 30 901820. Premium and toll-free numbers do not work.',
  },
  otherNumber: 'Use another number',
  enroll: {
    lead: {
      email: 'When you log in, we send a code to your email.',
      sms: 'When you log in, we send a code to your phone as a text message.',
      voice: 'When you log in, we call you and read a code to you.',
    } as Readonly<Record<string, string>>,
    prove: 'Prove it with a code',
    proveText: (to: string) => `We send a code to ${to}. Type it here to show that it reaches you.`,
    proveCall: (to: string) => `We call ${to} and read a code to you. Type it here to show that it reaches you.`,
    weaker: {
      email: 'Weaker than an app: whoever reads your mail can read the code.',
      sms: 'Weaker than an app: whoever takes over your number gets your codes, and texts do not always arrive.',
      voice: 'Weaker than an app: whoever takes over your number gets your calls.',
    } as Readonly<Record<string, string>>,
    numberTitle: 'Which number?',
    toOthers: 'Set it up another way',
    others: 'Another way',
    othersText: 'Your organization also allows these. Choose one to set it up instead:',
    choose: (kind: string) => `Use ${methods[kind] ?? kind}`,
  },
  refused: {
    title: 'Ask your administrator',
    lead: 'Your password is right, but nothing that you have set up can confirm now that it is you. If your password was set through a link in a mail, a code by mail proves nothing more.',
    text: (organization: string | undefined) =>
      `An administrator of ${organization ?? 'your organization'} can help you: call or visit them, so that they know that it is you.`,
  },
  /** Why a sent code was not taken. */
  problems: {
    expired: { title: 'That code has run out.', advice: 'Have another one sent to you, and type that.' },
    superseded: { title: 'That is an earlier code.', advice: 'Only the one that was sent last works. Type that.' },
    mismatch: {
      title: 'That code is not right.',
      advice: 'Type the one that we sent last. A code of another log-in, or in another browser, does not work here.',
    },
    'not-sent': {
      title: 'No code was sent yet.',
      advice: 'Have one sent to you first: the code works only in the log-in that asked for it.',
    },
  },
} as const)
