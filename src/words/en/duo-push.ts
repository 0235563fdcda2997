import { isolating } from '../bidi.ts'

/** What is said about the push that we send ourselves, its passcode, and Duo as the provider runs it for those who have no account. */

/** Why a push led to nothing, and what to do. */
const refused: Readonly<Record<string, { readonly title: string; readonly advice: string } | undefined>> = {
  denied: {
    title: 'The request was denied on your phone.',
    advice:
      'Nobody got in, and no more pushes are sent until you have logged in another way. If it was not you who began this: somebody knows your password, so change it.',
  },
  fraud: {
    title: 'You reported that this was not you.',
    advice:
      'Nobody got in, no more pushes are sent, and your administrators were told. Whoever began this knows your password: change it with "Forgot password?".',
  },
  timeout: { title: 'Nobody answered on the phone in time.', advice: 'Have it sent again, or type a Duo passcode instead.' },
  'locked-out': {
    title: 'Duo has locked you out.',
    advice: 'Too many attempts were made there. Ask your administrator to unlock you in Duo, or use another way.',
  },
  refused: {
    title: 'Duo does not let you in.',
    advice: 'You may be disabled there, or a rule of Duo forbids it. Ask your administrator, or use another way.',
  },
  'not-enrolled': {
    title: 'Duo does not know your phone.',
    advice: 'No device is set up for you there. Ask your administrator, or use another way.',
  },
  'no-device': {
    title: 'No phone of yours takes a push.',
    advice: 'Activate Duo Mobile on your phone, or type a passcode instead. Your administrator can send you an activation.',
  },
  'no-such-device': { title: 'Duo no longer has this phone.', advice: 'Choose another one, or type a passcode instead.' },
}

/** Why no push is sent for now. */
const limited: Readonly<Record<string, ((afterWait: string) => { readonly title: string; readonly advice: string }) | undefined>> = {
  stopped: () => ({
    title: 'No more pushes are sent to your phone.',
    advice:
      'One was denied. Log in once with a Duo passcode, a backup code or another way that this page offers; then there are pushes again. An administrator can unlock you, too.',
  }),
  often: (afterWait) => ({
    title: 'Your phone has rung often enough for now.',
    advice: `Nobody approved the last pushes. ${afterWait}, then send one again, or type a Duo passcode instead.`,
  }),
  day: (afterWait) => ({
    title: 'Your phone has rung often enough today.',
    advice: `Nobody approved the pushes of a whole day. Type a Duo passcode or use another way. Or: ${afterWait.toLowerCase()}, then send one again.`,
  }),
  activations: (afterWait) => ({
    title: 'Duo was set up too often today.',
    advice: `${afterWait}, then try again, or ask your administrator.`,
  }),
}

/** What is told when a push or a passcode led to nothing; undefined for what Duo's own page says. */
export const pushRefused = (reason: string | undefined) =>
  reason !== undefined && Object.hasOwn(refused, reason) ? refused[reason] : undefined

/** What Duo said of the keys that take people out. */
const checks: Readonly<Record<string, string | undefined>> = {
  secret: 'The secret key is wrong. Copy it once more.',
  application: 'Duo does not know this key as an application of the type "Admin API" at this API hostname.',
  permission: 'This application may not do it. In the Duo Admin Panel grant it "Grant read resource" and "Grant write resource".',
  clock: "Duo's clock and that of this server differ too much. Have the operator set this server's clock.",
}

export const duoPushWords = isolating({
  refused: (reason: string | undefined) => pushRefused(reason) ?? { title: '', advice: '' },
  limited: (reason: string | undefined, afterWait: string) =>
    (limited[reason ?? ''] ?? limited.often)?.(afterWait) ?? { title: '', advice: '' },

  /** Before anything was sent. */
  send: 'Send a push to my phone',
  typePasscode: 'Type a Duo passcode',

  /** Which of several devices. */
  choose: {
    title: 'Which device?',
    lead: 'Duo has several devices of yours. Choose the one that you have at hand.',
    nameless: 'A phone without a name',
  },

  /** The waiting page. */
  waiting: {
    title: 'Approve it on your phone',
    lead: (device: string) => `We sent a push to ${device}. Open Duo Mobile there.`,
    leadNameless: 'We sent a push to your phone. Open Duo Mobile there.',
    shows: 'Approve only what shows this:',
    request: 'Request',
    types: {
      enter: 'Login',
      confirm: 'Confirmation',
      enroll: 'Set-up',
      'backup-codes': 'New backup codes',
      disable: 'Switching off 2FA',
    } as Readonly<Record<string, string>>,
    organization: 'Organization',
    from: 'Address',
    at: 'Time',
    otherwise: 'If it shows anything else, or you did not begin this, deny it.',
    number: 'Type this number on your phone',
    asking: 'Waiting for your answer on the phone.',
    approved: 'I have approved it',
    again: 'Send it again',
    stillNothing: 'There is no answer from the phone yet. Approve it there, then press the button again.',
    others: 'Or send it to another device',
    passcode: 'Type a Duo passcode instead',
    backupCode: 'Use a backup code',
    otherWays: 'Other ways',
  },
  passcodeLead: 'Type the passcode that Duo Mobile shows, or one that Duo or your administrator has given you.',
  passcodeHint: 'Duo Mobile shows it when you tap the account. Each passcode works once.',
  passcodeWrong: {
    title: 'That code is not right.',
    advice: 'Duo did not take it. Each passcode works once: tap the account in Duo Mobile and type the one that it shows now.',
  },

  /** Setting up Duo where the provider runs it. */
  activation: {
    title: 'Set up Duo',
    lead: 'From now on you approve log-ins on your phone, with the app Duo Mobile.',
    install: 'Install Duo Mobile',
    installText: 'It is free. If you have it already, go on.',
    scan: 'Scan the QR code with it',
    scanText: 'Open Duo Mobile, choose "Add" and "Use QR code", and point the camera at this picture.',
    begin: 'Show the QR code',
    beginText: 'We then ask Duo for a code that is yours alone.',
    qr: 'QR code to activate Duo Mobile',
    onThisPhone: 'Open it in Duo Mobile on this phone',
    waiting: 'Waiting until Duo Mobile has scanned it.',
    done: 'I have scanned it',
    scanned: 'Duo knows your phone now.',
    stillNothing: 'Duo does not know your phone yet. Scan the QR code, then press the button again.',
    expired: { title: 'This QR code has run out.', advice: 'Ask for a fresh one, and scan that.' },
    again: 'Show a fresh QR code',
    approve: 'Approve a first push',
    approveText: 'Then we send a push to your phone, to see that it works.',
    administrator: (provider: string) => `Who looks after Duo here: ${provider}. Your organization needs no account at Duo.`,
    contact: 'Questions about it:',
  },

  /** Of the provider: who is still in Duo. */
  cleanUp: {
    title: 'People who left',
    what: 'Whoever sets up Duo at a site without an account gets a user in yours. Once they have left, were reset or use another method, that user should go. Countersign does it with an application of the type "Admin API" that may read and write resources; with the Auth API alone it cannot.',
    off: 'No Admin API application is stored: take these people out in the Duo Admin Panel yourself.',
    on: 'Countersign takes them out by itself.',
    nobody: 'Nobody is left behind in Duo.',
    left: (count: number) => `${count === 1 ? '1 user is' : `${count} users are`} to be taken out of Duo:`,
    person: (name: string, userName: string) => (name === '' ? userName : `${name}: ${userName}`),
    trouble: 'Duo did not answer; this is tried again',
    unsure: 'Duo did not say whether it made this user: perhaps nobody is there',
    host: 'API hostname',
    key: 'Integration key of the Admin API application',
    secret: 'Secret key of the Admin API application',
    secretKept: 'Stored, and never shown again. To change anything here, paste it once more.',
    faults: {
      account: 'There is no Duo account of your own here any more. Connect one above and save it, then save these keys.',
      host: 'An API hostname looks like api-xxxxxxxx.duosecurity.com. Others must be listed in ALLOWED_HOSTS by the operator.',
      key: 'Paste the integration key: 20 capital letters and digits.',
      secret: 'Paste the whole secret key: 40 letters and digits.',
    } as Readonly<Record<string, string | undefined>>,
    check: (reason: string) => checks[reason] ?? 'Duo could not be asked. Check the API hostname, and try again in a minute.',
    save: 'Save these keys',
    says: 'Change what takes people out of Duo.',
    saved: 'Duo took these keys, and they are saved.',
    remove: 'Forget these keys',
    removed: 'The keys are forgotten.',
    failed: 'Nothing was saved.',
  },
} as const)
