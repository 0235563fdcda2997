import { isolating } from '../bidi.ts'

/** What is said about the settings of Duo: in Company Settings and in "2FA Set Up". */

const count = (number: number, one: string, many: string) => (number === 1 ? `1 ${one}` : `${number.toLocaleString('en')} ${many}`)

/** What came of trying the keys of one application. */
const results: Readonly<Record<string, string | undefined>> = {
  right: 'Duo took these keys.',
  secret: 'The secret is wrong. Copy it once more; where Duo shows only its end, choose "Copy" beside it.',
  application:
    'Duo does not know this key as an application of this type. Check the key, the type of the application, and that both belong to this API hostname.',
  'other-application': 'These keys are good, but they are those of an application of the other type. The two were exchanged.',
  clock: "Duo's clock and that of this server differ by more than a minute. Have the operator set this server's clock.",
  host: 'There is no such server, or it is at an address that may not be asked. Check the API hostname.',
  certificate: 'The server could not prove that it is this host.',
  network: 'No connection to Duo, or it broke off. A firewall must let this server through to the API hostname, port 443.',
  timeout: 'Duo did not answer in time. Try again in a minute.',
  busy: 'Too many questions to Duo are open already. Try again in a minute.',
  rate: 'Duo says that it was asked too often. Wait a minute, then try again.',
  outage: 'Duo answers, but says that it is out of order. Its state is at status.duo.com.',
  'not-it': 'Something answers there, but it is not Duo: perhaps a proxy. Check the API hostname, and what stands between.',
  permission: 'Duo knows the application, but it may not do this. Look at its settings in the Duo Admin Panel.',
  request: 'Duo did not accept the question. Check that the application has the right type.',
  reply: 'What came back cannot be trusted or understood, so it was refused.',
}

/** Why nobody could sign in with Duo, as it stands in the list of troubles. */
const troubles: Readonly<Record<string, string | undefined>> = {
  ...results,
  secret: 'Duo did not take the secret key. Somebody may have drawn a new one in the Duo Admin Panel: enter it below.',
  application: 'Duo no longer knows an application. Somebody may have deleted it in the Duo Admin Panel.',
  host: 'The API hostname could not be reached.',
}

const applications = {
  prompt: {
    title: 'Web SDK application',
    what: 'Its keys open the prompt of Duo in the browser.',
  },
  auth: {
    title: 'Auth API application',
    what: 'Its keys send the push, and show the QR code that sets up a phone.',
  },
} as const

export const duoWords = isolating({
  card: 'Duo',
  cardWhat: 'People approve a login in Duo Mobile, or in any other way that Duo offers them.',
  help: 'Help: Duo',
  forbidden: (organization: string) => `Only a Security Admin of ${organization} can set up Duo.`,
  enable: 'Use Duo',
  enableWhat: 'Makes Duo a method that the rules above may allow. It changes nobody’s sign-in by itself.',

  account: 'Whose Duo account',
  accounts: {
    own: { label: 'Our own Duo account', what: 'You have a paid, free or trial account at Duo, and administer it yourself.' },
    provider: {
      label: "Our provider's Duo account",
      what: 'You need no account. Your provider administers Duo; people scan a QR code at their next login.',
    },
  },
  notOffered:
    'Your provider no longer lets its sites use its Duo account, so nobody here can sign in with Duo. Use an account of your own, or ask your provider.',
  providerWhat:
    'Nothing else has to be set up. Who has Duo as their method gets a QR code after their next login, and scans it with Duo Mobile, which is free in the app stores.',

  section: 'To Use Your Existing Duo Integration',
  warning: {
    title: 'Follow these steps carefully: a part of this cannot be undone',
    can: 'What can be undone: you can switch Duo off or allow other methods again at any time. What people had set up before is kept until Duo has let them in once.',
    cannot:
      'What cannot: aliases and users that were added at Duo stay there, sessions that ended do not come back, and with another Duo account everybody sets Duo up anew.',
  },
  checklist: 'Before you save',
  needHelp: 'Need help?',
  needHelpWith: (step: string) => `Need help? ${step}`,
  steps: [
    {
      id: 'aliases',
      name: 'Aliases',
      text: 'Where user names in Duo are not email addresses, import the email of each user as an alias (Duo Admin API).',
      isChecked: true,
    },
    {
      id: 'applications',
      name: 'Applications',
      text: 'Create two applications in Duo, one of the type Web SDK and one of the type Auth API.',
      isChecked: false,
    },
    {
      id: 'normalization',
      name: 'Username Normalization',
      text: 'Set Username Normalization to Simple in both applications. Only where two people have the same name in front of different domains set None in both: with Simple one of them could approve for the other.',
      isChecked: true,
    },
    { id: 'keys', name: 'Keys', text: 'Enter below what Duo shows of the two new applications.', isChecked: false },
    {
      id: 'save',
      name: 'Save',
      text: 'When finished, select Save. Duo is asked whether the keys are right before anything is stored.',
      isChecked: false,
    },
  ],
  doctor: 'See whose name or alias is missing, and whether both read names alike',

  proofFirst: 'Confirm first that it is you',
  proofFirstWhat:
    'Saving asks for a proof that is less than five minutes old, and secrets that you typed are not kept while you give it. Confirm, come back here, then paste them.',

  applications,
  key: 'Integration key / Client ID',
  keyWhat: '20 capital letters and digits, beginning with DI.',
  secret: 'Secret key / Client secret',
  secretWhat: '40 characters. It is stored encrypted and never shown again.',
  secretKept: 'Stored, and never shown again. Leave this empty to keep it.',
  secretPlace: '•••••••• stored',
  host: 'API hostname',
  hostWhat: 'In the form api-xxxxxxxx.duosecurity.com, the same for both applications.',
  documentation: "Duo's documentation of the Web SDK",
  documentationAuth: "Duo's documentation of the Auth API",
  newTab: '(opens in a new tab)',

  whenAway: 'While Duo is away',
  whenAways: {
    closed: {
      label: 'Nobody is let in without Duo',
      what: 'Backup codes and one-time passes still open the way. The safest.',
    },
    'other-factor': {
      label: 'Offer another method that the person has set up',
      what: 'Only what the rules allow and what was set up before; never no second step at all.',
    },
  },
  countsBypass: "Let Duo's bypass count as a second step",
  countsBypassWhat:
    'Duo lets in users in bypass, and whom a policy there spares, without asking them. OFF: they are asked for another method here.',
  countsBypassWarning:
    'ON: whoever is set to bypass in Duo signs in with the password alone. A stolen password, or a slip in the Duo Admin Panel, is then enough.',
  servesSites: 'Let sites without an account use this one',
  servesSitesWhat:
    'Each site may choose your account in its own settings. You administer their people at Duo, and they count towards your licences.',
  sitesUsing: (sites: number) => `${count(sites, 'site relies', 'sites rely')} on this account.`,

  save: 'Save',
  check: 'Check the keys now',
  says: 'Change the settings of Duo.',
  saved: 'Duo took both pairs of keys, and the settings are saved.',
  savedKept: 'The settings of Duo are saved.',
  savedOff: 'Duo is off.',
  failed: 'Nothing was saved.',
  eachSays: 'What Duo said stands below each application.',
  checked: 'What Duo says now',
  checkedAt: (when: string) => `Asked ${when}.`,
  asking: 'Duo is being asked …',
  provedAt: (when: string) => `Duo last took both pairs of keys ${when}.`,
  result: (which: 'prompt' | 'auth', result: string) => `${applications[which].title}: ${results[result] ?? 'Duo could not be asked.'}`,
  said: (text: string) => `What was heard: ${text}`,
  inUse: 'The methods above still allow Duo. Take it out of them and choose "Update" first.',
  inUseBySites: (sites: number) =>
    `${count(sites, 'site relies', 'sites rely')} on this account, and people there could no longer sign in. Have them choose another method first.`,
  noLongerOffered: 'Your provider does not let its sites use its Duo account. Use your own, or ask your provider.',
  leaving: {
    title: (people: number) => `${count(people, 'person is', 'people are')} bound to the Duo account that you leave`,
    whats: [
      'In another Duo account whoever approves under the same name could be somebody else. So their Duo here ends when you save.',
      'They are logged out, and told by mail. Whoever has another method set up is asked for that at the next login; everybody else proves themselves with a passcode that we mail.',
      'Then they set up Duo in the new account. This cannot be taken back.',
    ],
  },
  refused: {
    above: (people: number) =>
      `${count(people, 'owner is', 'owners are')} bound to the account that you leave. Only an owner may save this.`,
    approval: (people: number) =>
      `${count(people, 'person is', 'people are')} bound to the account that you leave, and resetting them takes two. Have "Reset Organization 2FA" approved first, then save.`,
  },
  changedBy: (who: string, when: string) => `${who} changed this last, ${when}.`,
  overtaken: (by: string | undefined) =>
    `${by ?? 'Somebody else'} has just changed this. What is stored now is shown when you load the page again.`,
  faults: {
    'prompt.key': 'Paste the client ID of the Web SDK application: 20 capital letters and digits.',
    'prompt.secret': 'Paste the whole client secret: 40 letters and digits.',
    'prompt.secret-again': 'Key or host changed, so paste the client secret that belongs to them.',
    'prompt.host': 'An API hostname looks like api-xxxxxxxx.duosecurity.com. Others must be listed in ALLOWED_HOSTS by the operator.',
    'auth.key': 'Paste the integration key of the Auth API application: 20 capital letters and digits.',
    'auth.secret': 'Paste the whole secret key: 40 letters and digits.',
    'auth.secret-again': 'Key or host changed, so paste the secret key that belongs to them.',
    'auth.host': 'An API hostname looks like api-xxxxxxxx.duosecurity.com. Others must be listed in ALLOWED_HOSTS by the operator.',
    'auth.host-other': 'Both applications must be of one Duo account: their API hostnames are the same.',
  } as Readonly<Record<string, string | undefined>>,

  trouble: {
    title: (when: string) => `Duo was away when somebody signed in, ${when}`,
    what: (reason: string) => troubles[reason] ?? 'Duo gave no answer that counts.',
    each: 'See each time in the audit',
    closed: 'Nobody was let in without it, as set below.',
    'other-factor': 'Whoever had another method set up could use that, as set below.',
  },

  standardize: {
    button: 'Standardize all users on Duo',
    what: 'One workflow for all: Duo for everybody, nobody may change it, and everyone must use it, whatever they had chosen before.',
    notYet: 'Save the keys first.',
    done: 'Everybody uses Duo already: it is the only method, nobody may change it, and everyone must use it.',
    title: 'Standardize all users on Duo?',
    list: ['Allowed methods: Duo alone.', 'Allow Users to Change Method of 2FA Communication: Off.', 'Force All Users On 2FA: On.'],
    next: 'At the next login everybody is asked for the method they have a last time, then sets Duo up. Sessions that are open and do not meet the rule end.',
    otherwise: 'To move people one by one instead: Users, Actions, Edit User, "Two Factor Type".',
    action: 'Standardize on Duo',
    says: 'Standardize all users on Duo.',
    saved: 'All users are standardized on Duo.',
  },

  notice: {
    region: 'From your provider',
    ownRegion: 'Your notice, as your sites see it',
    title: 'Notice about Duo',
    what: 'Shown to the administrators of all your sites beside the settings of Duo: an offer, whom to ask. Without a text nothing is shown.',
    text: 'Text',
    label: 'Label of the button',
    url: 'Where the button leads',
    urlWhat: 'https only. Leave both empty for no button.',
    save: 'Save the notice',
    says: 'Change the notice about Duo.',
    saved: 'The notice is saved.',
    faults: {
      'notice.label': 'Say what the button does, or leave the address empty too.',
      'notice.url': 'Type an address that begins with https://, without a name or a password in it.',
    } as Readonly<Record<string, string | undefined>>,
  },

  setUp: {
    button: 'SET UP ORGANIZATION 2FA',
    buttonWhat: 'Leads you step by step: choose who provides the second step, set it up, see whom it concerns.',
    title: '2FA Set Up',
    back: 'Two-Factor Authentication',
    forbidden: (organization: string) => `Only a Security Admin of ${organization} can set up Two-Factor Authentication.`,
    place: (step: number, of: number) => `Step ${step} of ${of}`,
    before: 'What you need',
    beforeList: [
      'A valid account here with the role Security Admin. You have it.',
      'For Duo with your own account: a valid account at Duo in which you may add applications (Owner, Administrator or Application Manager).',
      'A second browser tab, to copy the keys over. What you type here stays while you are away; secrets are kept nowhere but in the fields.',
    ],
    choose: 'Choose the provider of 2FA',
    duo: { label: 'Duo', what: 'With your own Duo account. Push, passcodes, security keys and what else Duo offers.' },
    'duo-provider': {
      label: "Duo, with our provider's account",
      what: 'You need no Duo account. People scan a QR code at their next login.',
    },
    passkey: {
      what: 'A key on the phone, on the computer, or a security key. The strongest: no other page can use it. Nothing has to be bought.',
    },
    totp: { what: 'Any app for six-digit codes. Nothing has to be bought or connected.' },
    authanvil: { what: 'You have an AuthAnvil server.' },
    sent: { what: 'Weaker than an app. For people without a smartphone.' },
    next: 'NEXT',
    previous: 'Back',
    keys: 'Connect Duo',
    keysWhat: 'Log in to Duo in another tab, copy three values of each application over, and save.',
    nothing: (method: string) => `Nothing has to be connected for ${method}.`,
    missing: (method: string) => `${method} is not set up yet. Set it up, then come back: your choice is kept.`,
    toAuthAnvil: 'To the settings of AuthAnvil',
    toMessages: 'To the gateways',
    connected: 'Duo is connected.',
    change: 'Change the keys',
    who: 'Who is affected',
    whoWhat: (method: string) => `${method} becomes the only method, and people may not change it. You can allow others later.`,
    whom: 'Who must use it',
    whomEveryone: { label: 'Everyone', what: 'Force All Users On 2FA: nobody finishes a login without it.' },
    whomChosen: { label: 'Those marked Required 2FA', what: 'Mark them on the Users page. Others may use it.' },
    nextLogin: 'What happens at the next login',
    nextLogins: {
      duo: [
        'They type email and password as always.',
        'If they have another method set up, it is asked a last time.',
        "Duo opens. Who is new there sets up a phone: Start setup, scan the QR code with Duo Mobile. Who knows Duo's own enrollment mail uses it first.",
        'They approve, save backup codes, and are in.',
      ],
      'duo-provider': [
        'They type email and password as always.',
        'If they have another method set up, it is asked a last time.',
        'They install Duo Mobile and scan the QR code that we show.',
        'They approve, save backup codes, and are in.',
      ],
      passkey: [
        'They type email and password as always.',
        'If they have another method set up, it is asked a last time.',
        'They choose "Create passkey", and their browser asks for a fingerprint, a face, a PIN or a security key.',
        'They save backup codes, and are in.',
      ],
      other: [
        'They type email and password as always.',
        'If they have another method set up, it is asked a last time.',
        'They set up the new method with its first code.',
        'They save backup codes, and are in.',
      ],
    },
    yourself:
      'You are one of them, so have your phone at hand. If you logged in without a second step, you are asked to log in again at once, and set the new one up then.',
    finish: 'FINISH',
    says: (method: string) => `Set up ${method} for the organization.`,
    done: 'Two-Factor Authentication is set up.',
    doneWhat: (method: string) => `${method} is the method of this organization from now on.`,
    toSettings: 'See the settings',
    toUsers: 'See the users',
  },
} as const)
