import { isolating } from '../bidi.ts'
import { passkeyWords } from './passkeys.ts'

/** Methods of the second step: what each is called, why some are weaker, and what a change of the rules about them means. */

const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)

/** As they are known in the field, the strongest first. */
const names: Readonly<Record<string, string | undefined>> = {
  passkey: 'Passkey or security key',
  totp: 'Google / Microsoft Authenticator',
  duo: 'Duo',
  authanvil: 'AuthAnvil',
  email: 'Email',
  sms: 'Text Message',
  voice: 'Phone Call',
}

export const methodName = (kind: string): string => names[kind] ?? kind

const listed = (kinds: readonly string[]): string => new Intl.ListFormat('en').format(kinds.map(methodName))

export const methodWords = isolating({
  names,
  listed,
  none: 'none set up',

  /** On the page of the rules. */
  rules: {
    sent: 'Codes that we send',
    sentWhat:
      'Email, Text Message and Phone Call are weaker than an app, and off until you allow them. Whoever takes over a mailbox, talks a phone company into moving a number, or listens in on the network has the code. Prefer them to no second step at all, not to an app.',
    why: {
      passkey:
        'The strongest of these: a key on the phone, the computer or a stick that works on this site only, so no look-alike page can use it (phishing-resistant).',
      totp: 'The strongest of those that are typed: the codes are made on the phone and never travel.',
      duo: 'Push, passcode, security key and whatever else your Duo account offers. Not for people who also belong to another organization, unless Duo is the provider\u2019s.',
      authanvil: 'Passcodes of AuthAnvil tokens, checked by your own AuthAnvil. Not for people who also belong to another organization.',
      email:
        'A code by mail. Whoever reads the mailbox has it, and can have a new password mailed there too. It proves no second thing to the portals that sign in here (AAL1).',
      sms: 'A code as a text message. Numbers can be moved to another SIM card by deceit, and text messages can be read on their way.',
      voice: 'A call that speaks the code. As weak as a text message; besides, calls are forwarded and land on answering machines.',
    } as Readonly<Record<string, string | undefined>>,
    unavailable: 'Not possible yet: nothing is set up here to send codes this way.',
    noCountry: 'No text and no call is sent yet',
    noCountryWhat: 'No country is open: choose those whose numbers get texts and calls.',
    noCountryOfSite: 'No country is open here. Choose those whose numbers get texts and calls, or ask your provider to open some.',
    toCountries: 'To the countries',
    noHostName: passkeyWords.rules.noHostName,
    authanvilOff: 'Not possible yet: enable it below first.',
    duoOff: 'Not possible yet: set it up below first, with your own account or that of your provider.',
    adminEmail: 'Email for administrators',
    adminEmailWhat:
      'OFF: whoever has another role than User does not get codes by mail, whatever is allowed above, and uses an app where nothing else is left. ON: they may, too.',
    accepted: (by: string, when: string) => `${by} accepted the weaker methods ${when}.`,
    standardizeOn: (kind: string) => `Standardize on ${methodName(kind)}`,
    standardizeWhat:
      'Fills in this form: one method for everybody, nobody may change it, and everyone must use it, whatever they had chosen before. "Update" then stores it.',
  },

  /** The question before weaker methods are stored. */
  accept: {
    title: 'Allow weaker methods?',
    what: (kinds: readonly string[]) =>
      `${listed(kinds)} ${kinds.length === 1 ? 'is' : 'are'} weaker than an authenticator app. It is kept in the audit, and shown on this page, that you accepted it and when.`,
    says: (kinds: readonly string[]) => `Accept ${listed(kinds)}, which ${kinds.length === 1 ? 'is' : 'are'} weaker than an app.`,
    action: 'I accept this',
  },

  /** Who will notice a change of the rules. */
  preview: {
    cannotSignIn: passkeyWords.rules.cannotSignIn,
    mustMove: (count: number) =>
      `${people(count)} ${count === 1 ? 'has' : 'have'} only what is no longer allowed to them: after one last sign-in with it they set up another method.`,
    withoutNumber: (count: number) =>
      `${count.toLocaleString('en')} of them ${count === 1 ? 'has' : 'have'} no verified number, and ${count === 1 ? 'is' : 'are'} asked for it then.`,
  },

  /** The list of people. */
  filter: { label: 'Method', any: 'Any method' },

  /** "Edit User". */
  user: {
    type: 'Two Factor Type',
    typeWhat: (method: string) =>
      `The one method of this person. With the default it follows Company Settings: ${method}. Whoever has another one set up signs in with it a last time and is then moved.`,
    withoutDuo:
      'Duo is not offered to this person: an account at Duo is for one organization, and they belong to another one, too. They type a code instead.',
    withoutDuoOption: 'Duo (not offered to this person)',
    byDefault: "Organization's default",
    notAllowed: (method: string) => `${method} (no longer allowed)`,
    phoneNone: 'No number yet.',
    phoneVerified: 'Verified: a code has proved this number.',
    phoneUnverified: 'Not verified yet: the person proves it with a code when it is first used.',
    phoneShared: 'This person also belongs to an organization you do not administer, so the number is not shown here.',
    phoneInvited: 'Whoever has not accepted the invitation yet enters their number themselves.',
    phoneWhat: (name: string) =>
      `A new number counts only once ${name} has proved it. Codes to the number before end at once, and ${name} is told by mail.`,
  },

  /** One's own card and profile. */
  own: {
    labels: {
      passkey: 'Passkey or Security Key',
      totp: 'Third Party Authenticator App',
      duo: 'Duo',
      authanvil: 'AuthAnvil',
      email: 'Email',
      sms: 'Text Message',
      voice: 'Phone Call',
    } as Readonly<Record<string, string | undefined>>,
    whats: {
      passkey: 'A key on your phone, your computer or a security key: you touch it, and no code is typed. The strongest of these.',
      totp: 'Google Authenticator, Microsoft Authenticator, Duo Mobile or any TOTP app.',
      duo: 'You approve the login in Duo Mobile, or in another way that Duo offers you.',
      authanvil: 'The passcode of your AuthAnvil token. Your organization checks it with its own AuthAnvil.',
      email: 'We mail you a code each time. Weaker than an app: whoever reads your mail has it.',
      sms: 'We send a code to your phone each time. Weaker than an app.',
      voice: 'We call your phone and say the code. Weaker than an app.',
    } as Readonly<Record<string, string | undefined>>,
    inUse: 'In use.',
    setUp: (kind: string) => `Set up: ${methodWords.own.labels[kind] ?? kind}`,
    switchWhat: 'You set it up on the next page, and keep what you have until then.',
    to: (address: string) => `to ${address}`,
    /** To somebody of several organizations: S2.4. */
    withoutDuo: (organizations: readonly string[], kinds: readonly string[]) => {
      const typed = kinds.filter((kind) => kind !== 'passkey')
      const instead =
        typed.length === 0
          ? `you use a ${methodName('passkey')}`
          : `you type a code: ${new Intl.ListFormat('en', { type: 'disjunction' }).format(typed.map((kind) => methodWords.own.labels[kind] ?? kind))}`
      return `Duo of ${new Intl.ListFormat('en').format(organizations)} is not offered to you: an account at Duo is for one organization, and you belong to several. Instead ${instead}.`
    },
    mustMove: 'What you have set up is no longer allowed. At your next sign-in it is asked for a last time, and you set up another method.',
    others: (kinds: readonly string[]) => `You may also use: ${listed(kinds)}. You choose on the next page.`,
    sentIntro: (kinds: readonly string[]) =>
      `Your second step is a code that we send you: ${listed(kinds)}. On the next page we send the first one, and you type it to prove that it arrives.`,
    phoneVerify: 'Verify this number',
    phoneVerifyWhat: 'We send a code to it. Until you have typed that code, nothing is sent there.',
    phoneChangeTitle: 'Change the number that your codes go to?',
    phoneChangeWhat:
      'On the next page we send a code to the new number. Once you have typed it, codes go there, and no longer to the number before; until then nothing changes.',
    phoneProve: 'Prove the new number',
    phoneRemoveTitle: 'Remove the number that your codes go to?',
    phoneRemoveWhat:
      'Codes to this number end at once, and so do your other sessions. Without another method you are asked to set one up at your next sign-in.',
    phoneRemoveAction: 'Remove the number',
    phoneChangeAction: 'Change the number',
  },

  help: {
    title: 'Methods, one by one',
    what: 'Your organization decides which of these you may use. User Settings shows what you can choose.',
    list: [
      {
        name: 'Passkey or security key',
        text: 'A key on your phone, your computer or a security key. It works on this site only, so a page that looks like this one gets nothing: the strongest of these. Set up two, and keep one in another place.',
      },
      {
        name: 'Google / Microsoft Authenticator',
        text: 'Any app for six-digit codes (TOTP). It needs no connection.',
      },
      {
        name: 'Duo',
        text: 'Choose "Continue to Duo" and approve the login in Duo Mobile, the free app of your app store, or in another way that Duo offers you. The first time Duo leads you through its set-up.',
      },
      {
        name: 'AuthAnvil',
        text: 'The passcode of an AuthAnvil token, where your organization has AuthAnvil. The Pin is left over from on-premise installations: the hosted service ignores it, so you see a field for it only where your organization has switched that on.',
      },
      {
        name: 'Email',
        text: 'A code to the email of your account. For administrators only where their organization says so.',
      },
      {
        name: 'Text Message',
        text: 'A code to your Cell Phone. You enter the number with its Country Code, and a code proves that it is yours before it counts.',
      },
      { name: 'Phone Call', text: 'A voice says the code to the same number. Let no answering machine take the call.' },
    ],
    change:
      'To change your method, open User Settings, choose another one on the card "Two-Factor Authentication" and set it up. Where there is nothing to choose, your organization has chosen: the card names it.',
    moved:
      'If your organization no longer allows what you use, your next sign-in asks for it a last time and then has you set up another one.',
  },
} as const)
