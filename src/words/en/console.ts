/**
 * Every sentence of the Console, in English.
 *
 * Labels that administrators look for by name ("Enable 2FA", "Reset QR Code", "Force All Users On 2FA") are written as they
 * are known in the field and stay as they are.
 */

import type { Badge, Role } from '#contract/account.ts'
import type { PolicyDraft } from '#contract/policy.ts'
import { isolating } from '../bidi.ts'
import { methodName, methodWords } from './methods.ts'
import { passwordHint } from './passwords.ts'

const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)

/** The rules of an organization, as a sentence needs them. */
type Rules = PolicyDraft

const whom = {
  'opt-in': 'each person decides',
  chosen: 'required of those marked Required 2FA',
  everyone: 'required of everyone',
} satisfies Record<Rules['mode'], string>

/** One rule and its value, in words. */
function rule(name: keyof Rules, rules: Rules): string {
  const onOff = (value: boolean) => (value ? 'ON' : 'OFF')
  switch (name) {
    case 'enabled':
      return `Two-Factor Authentication ${onOff(rules.enabled)}`
    case 'mode':
      return `who must use it: ${{ 'opt-in': 'each person decides', chosen: 'those marked Required 2FA', everyone: 'everyone' }[rules.mode]}`
    case 'newUsersRequired':
      return `new users start as ${rules.newUsersRequired ? 'required' : 'not required'}`
    case 'methods':
      return `allowed methods: ${rules.methods.map(methodName).join(', ')}`
    case 'defaultMethod':
      return `2FA Communication Method: ${methodName(rules.defaultMethod)}`
    case 'mayChangeMethod':
      return `Allow Users to Change 2FA Communication: ${onOff(rules.mayChangeMethod)}`
    case 'emailForAdministrators':
      return `${methodWords.rules.adminEmail}: ${onOff(rules.emailForAdministrators)}`
    case 'passcodeTimeoutMinutes':
      return `2FA Passcode Timeout: ${rules.passcodeTimeoutMinutes} minutes`
    case 'rememberDays':
      return rules.rememberDays === 0 ? 'devices are never remembered' : `devices are remembered for ${rules.rememberDays} days`
    case 'remembers':
      return `devices are remembered for ${rules.remembers === 'everyone' ? 'everybody' : 'people with the role User'}`
    case 'strictTotp':
      return `strict time for app codes: ${onOff(rules.strictTotp)}`
    case 'leastPasswordLength':
      return rules.leastPasswordLength === null
        ? 'least password length: not raised'
        : `least password length: ${rules.leastPasswordLength}`
    case 'phishingResistant':
      return `passkeys only: ${{ off: 'nobody has to', administrators: 'administrators', everyone: 'everyone' }[rules.phishingResistant]}`
    case 'passwordless':
      return `Passkey is a whole sign-in: ${onOff(rules.passwordless)}`
  }
}

export const words = isolating({
  product: 'Countersign',
  skip: 'Skip to the content',
  cancel: 'Cancel',
  close: 'Close',
  continue: 'Continue',
  update: 'Update',
  save: 'Save',
  saved: 'Saved.',
  retry: 'Retry',
  never: 'never',
  you: 'You',
  help: 'Help',
  on: 'ON',
  off: 'OFF',

  badges: {
    secured: 'SECURED',
    'not-set-up': 'NOT SET UP',
    required: 'REQUIRED',
    'not-available': 'NOT AVAILABLE',
  } satisfies Record<Badge, string>,

  roles: {
    owner: 'Owner',
    'security-admin': 'Security Admin',
    admin: 'Admin',
    user: 'User',
  } satisfies Record<Role, string>,

  states: {
    loading: 'Loading',
    failed: 'This could not be loaded',
    unreachable: 'The server did not answer. Check the connection and try again.',
    unknown: 'Something failed on our side. Try again.',
    waitSeconds: (seconds: number) => `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    forbidden: 'This page is not open to you',
    secondStep: 'This page needs your second step',
    secondStepWhat: 'You signed in on a remembered device with your password alone. Confirm with your password and a code to go on here.',
    secondStepAction: 'Confirm now',
    notFound: 'There is nothing at this address',
    notFoundWhat: 'It may have moved, or it is not yours to see.',
    toSettings: 'Go to User Settings',
    crashed: 'This page stopped working',
    crashedWhat: 'Nothing was changed by it. Load the page again.',
    reload: 'Load again',
    changeFailed: 'Nothing was changed',
  },

  frame: {
    organization: 'Organization',
    admin: 'Admin',
    users: 'Users',
    companySettings: 'Company Settings',
    audit: 'Audit',
    editProfile: 'Edit Profile',
    userSettings: 'User Settings',
    twoFactor: '2-Factor Auth',
    enable: 'Enable 2FA',
    disable: 'Disable 2FA',
    requiredBy: (organization: string) => `Required by ${organization}`,
    notAvailable: 'Two-Factor Authentication not available',
    team: 'Team',
    colorScheme: 'Colors',
    colorSchemes: { auto: 'System', light: 'Light', dark: 'Dark' },
    signOut: 'Sign out',
    noOrganization: 'You belong to no organization any more',
    noOrganizationWhat: 'Your account still exists. Ask an administrator of your organization to invite you again.',
  },

  proof: {
    title: 'Confirm that it is you',
    what: 'This change needs a proof that is less than five minutes old. You confirm with your password and, where it is set up, a code; then you come back here.',
    notKept: 'There is a password or a key in what you typed, so it is not kept: type it again when you are back.',
    action: 'Confirm now',
    resumeTitle: 'Go on where you stopped?',
    resumeWhat: 'Thank you, it is you. You were about to do this:',
    resumeCancel: 'Do not do it',
  },

  /** Shown when the person comes back from the pages that prove who they are. */
  returned: {
    enter: undefined,
    confirm: 'It is you: changes are open for the next five minutes',
    enroll: 'Two-Factor Authentication is on',
    'backup-codes': 'Your new backup codes are in force; the old ones no longer work',
    disable: 'Two-Factor Authentication is off',
  } as Readonly<Record<string, string | undefined>>,

  settings: {
    title: 'User Settings',
    twoFactor: {
      title: 'Two-Factor Authentication',
      what: 'A second step after your password: a code. A stolen password alone then opens nothing.',
      status: {
        secured: 'Your account asks for a second step after the password.',
        'not-set-up': 'Your password alone opens this account. Setting up a second step takes about two minutes.',
        required: 'You must set up a second step. You will be asked at your next sign-in at the latest.',
        'not-available': 'Your organization has not made it available.',
      } satisfies Record<Badge, string>,
      method: 'Method',
      methodSetBy: (organization: string) => `${organization} has chosen the method; a Security Admin there can change it.`,
      switch: 'Two-Factor Authentication',
      switchWhat: 'Switching on begins the set-up at once.',
      switchRequired: (organization: string) => `Required by ${organization}, so it cannot be switched off.`,
      unavailable: 'Two-Factor Authentication not available',
      unavailableWhat: 'Your organization has it switched off. A Security Admin can switch it on under Company Settings.',
      reset: 'Reset QR Code',
      authenticators: 'Authenticators',
      bound: (when: string) => `Set up ${when}`,
      used: (when: string) => `last used ${when}`,
      neverUsed: 'not used yet',
      add: 'Add another app',
      addPasskey: 'Add a passkey',
      addPasskeyToo: 'Add another passkey',
      rename: 'Rename',
      renameOf: (label: string) => `Rename ${label}`,
      renameSays: (from: string, to: string) => `Rename ${from} to ${to}.`,
      renamed: (label: string) => `It is called ${label} now`,
      label: 'Name',
      labelWhat: 'Such as "Work phone", to tell several apps apart.',
      labelMissing: 'Enter a name.',
      remove: 'Remove',
      removeOf: (label: string) => `Remove ${label}`,
      removeWhat: (label: string) =>
        `The codes of ${label} stop working at once. Your other sessions end, and no device is remembered any more. We tell you by mail.`,
      removeWhatPasskey: (label: string) =>
        `${label} does not sign you in any more. Your other sessions end, and no device is remembered any more. We tell you by mail. Delete it on the device, too, so that it is not offered there.`,
      removed: (label: string) => `${label} was removed`,
      backupCodes: (left: number) => `Backup codes: ${left} left`,
      backupCodesWhat: 'Each one signs you in once when your phone is not at hand.',
      backupCodesFew: 'Few are left. Draw new ones before you need them.',
      newBackupCodes: 'New backup codes',
      help: 'How it works, app by app',
    },
    enableDialog: {
      title: 'Enable 2FA',
      intro: 'It takes about two minutes. Have your phone at hand.',
      recommended: 'recommended',
      get: 'Get an authenticator app on your phone',
      getWhat: (app: string) => `We recommend ${app}. If you already have one of these, use it.`,
      appStore: 'App Store',
      playStore: 'Google Play',
      scan: 'Scan the QR code',
      scanWhat:
        'In the app, tap the plus icon and scan the code on the next page. If scanning does not work, type the key that stands beside it.',
      type: 'Type the six digits',
      typeWhat: 'The app shows a new code every 30 seconds. Type the current one to prove that it works.',
      keep: 'Keep the backup codes',
      keepWhat: 'You get them once. Print them or put them in a password manager: they are the way back in when the phone is gone.',
    },
    disableDialog: {
      title: 'Disable 2FA',
      advice: 'We strongly advise you to keep it on.',
      what: 'Without it, anybody who learns your password can sign in as you: from a leak elsewhere, a fake page, or a look over your shoulder. Your authenticator app and your backup codes stop working as soon as it is off.',
      alternative: 'New phone? Use "Reset QR Code" instead: it stays on, and you set up the new one.',
      how: 'On the next page you confirm with a code.',
    },
    resetDialog: {
      title: 'Reset QR Code',
      what: 'The app you set up and your backup codes stop working at once, and your other sessions end. You will be asked to set up again at your next sign-in.',
      warning: 'Until then your password alone opens this account, so prefer "Set up again now".',
      mail: 'We tell you by mail that it happened.',
      action: 'Reset QR Code',
      again: 'Set up again now',
      done: 'The QR code has been reset',
      says: 'Reset QR Code: your app and your backup codes stop working at once.',
      saysAgain: 'Reset QR Code, then set up again at once.',
    },
    sessions: {
      title: 'Where you are signed in',
      what: 'End whatever you do not know, then change your password.',
      onRememberedDevice: 'on a remembered device',
      current: 'This device',
      started: (when: string) => `Signed in ${when}`,
      seen: (when: string) => `last seen ${when}`,
      end: 'End',
      endOf: (browser: string) => `End the session of ${browser}`,
      ended: 'The session has ended',
      endOthers: 'End all other sessions',
      endedOthers: 'All other sessions have ended',
      endOthersAsk: (count: number) =>
        count === 1
          ? 'The other device is signed out at once and must sign in again.'
          : `${count} other devices are signed out at once and must sign in again.`,
      with: (methods: string) => `with ${methods}`,
      methods: { pwd: 'password', otp: 'code', pop: 'passkey' } as Readonly<Record<string, string | undefined>>,
      unknownBrowser: 'Unknown browser',
      browserOn: (browser: string, system: string) => `${browser} on ${system}`,
    },
    devices: {
      title: 'Remembered devices',
      what: 'Here the password alone signs you in. Forget whatever you do not know or no longer use.',
      none: (days: number) =>
        `None. Tick "Remember this device for ${days === 1 ? '1 day' : `${days} days`}" when you type a code, on a device that only you use.`,
      notAllowed: 'None. Your organization asks for a code at every sign-in.',
      remembered: (when: string, address: string) => `Remembered ${when} from ${address}`,
      used: (when: string) => `last used ${when}`,
      until: (when: string) => `until ${when}`,
      forget: 'Forget',
      forgetOf: (browser: string) => `Forget ${browser}`,
      forgotten: 'The device was forgotten',
      forgetAll: 'Forget all devices',
      forgetAllAsk: 'Every device asks for a code at the next sign-in, and sessions that began without one end at once.',
      forgottenAll: 'All devices were forgotten',
    },
    password: {
      title: 'Password',
      what: 'A new one ends all your other sessions. Your authenticators stay as they are.',
      change: 'Change password',
      consequence: 'You stay signed in here and are signed out everywhere else. We tell you by mail that it happened.',
      current: 'Current password',
      new: 'New password',
      hint: passwordHint,
      missing: 'Fill this in.',
      wrong: 'That is not your current password.',
      reveal: (label: string) => `Show or hide: ${label}`,
      done: 'Your password was changed',
    },
    email: {
      title: 'Email',
      change: 'Change email',
      what: 'We mail a link to the new address. Your email changes once you open that link and confirm; the old address is then told.',
      new: 'New email',
      action: 'Send the link',
      says: (email: string) => `Change your email to ${email}.`,
      done: (email: string) => `Look into the mail of ${email}`,
      pending: 'Waiting for your confirmation',
      pendingWhat: (to: string, from: string) =>
        `A mail is on its way to ${to}. Open the link in it within an hour and confirm; until then ${from} stays your email. Nothing there? Look into the spam folder, then ask again.`,
      cancel: 'Call the change off',
      cancelled: 'Your email stays as it is',
    },
    profile: {
      title: 'Profile',
      name: 'Name',
      role: (role: string, organization: string) => `${role} of ${organization}`,
      roles: 'Roles',
      what: 'How colleagues and mails call you, and where you are reached.',
      nameMissing: 'Type your name.',
      language: 'Language',
      asTheBrowser: 'As the browser says',
      says: 'Update your profile.',
      phoneWhat: 'No number yet. An administrator of yours may ask you for one.',
      phoneVerified: 'Verified: a code has proved that this number is yours.',
      phoneUnverified: (number: string) => `${number} is stored and not verified yet: no code has proved it.`,
      phoneRemove: 'Remove',
      phoneSays: (number: string) => `Change your phone number to ${number}.`,
      phoneRemoveSays: 'Remove your phone number.',
    },
  },

  audit: {
    title: 'Audit',
    forbidden: (organization: string) =>
      `Your role in ${organization} does not include the audit. If you need it, ask an Admin or a Security Admin there.`,
    search: 'Search the audit',
    searchBy: 'A name, an address, or what was done',
    clearSearch: 'Clear the search',
    action: 'Action',
    everyAction: 'Everything',
    site: 'Site',
    everySite: 'All sites',
    from: 'From',
    to: 'To',
    only: {
      person: (name: string) => (name === '' ? 'Only one person' : `Only ${name}`),
      site: (name: string) => (name === '' ? 'Only one site' : `Only in ${name}`),
    },
    remove: (filter: string) => `Remove the filter "${filter}"`,
    what: 'What happened',
    when: 'When',
    who: 'Who',
    whom: 'Whom',
    address: 'Where from',
    request: 'Request',
    place: 'Place in the chain',
    changed: 'Changed',
    before: 'Before',
    after: 'After',
    everythingOf: (name: string) => `Everything of ${name}`,
    everythingIn: (site: string) => `Everything in ${site}`,
    more: 'Load more',
    nothing: 'Nothing has happened yet',
    nothingWhat: 'Every change and every sign-in will stand here.',
    noMatch: 'Nothing matches',
    noMatchWhat: 'Nothing that happened here fits all that is chosen above.',
    clear: 'Clear all filters',
    export: 'Export',
    formats: { csv: 'CSV, for spreadsheets', jsonl: 'JSON lines, for programs' },
  },

  phone: {
    country: 'Country Code',
    noCountry: 'No country of that name or code',
    number: 'Cell Phone',
    invalid: 'This is not a phone number of that country. Check the country and the digits.',
  },

  users: {
    title: 'Users',
    search: 'Search users',
    searchBy: 'Search by name or email',
    invite: 'Invite user',
    name: 'Name',
    email: 'Email',
    role: 'Role',
    status: 'Status',
    statuses: { invited: 'Invited', active: 'Active', suspended: 'Suspended' },
    twoFactor: 'Two-Factor',
    actions: 'Actions',
    actionsFor: (name: string) => `Actions for ${name}`,
    shown: (shown: number, total: number) => (shown === total ? people(total) : `${shown.toLocaleString('en')} of ${people(total)}`),
    more: 'Load more',
    nobody: 'Nobody here yet',
    nobodyWhat: 'Invite the first person; they choose their own password by mail.',
    noMatch: 'Nobody matches',
    noMatchWhat: (search: string) => `No name or email contains "${search}".`,
    clear: 'Clear the search',
    forbidden: (organization: string) =>
      `Your role in ${organization} does not include the list of users. If you need it, ask an Admin or a Security Admin there.`,
    edit: 'Edit User',
    enable: 'Enable Two-Factor Authentication',
    disable: 'Disable Two-Factor Authentication',
    require: 'Require',
    requiredOfEveryone: 'Required of everyone here',
    securityAdminOnly: 'Only a Security Admin can do this',
    reset: 'Reset',
    inviteAgain: 'Send invitation again',
    notAvailable: 'Two-Factor Authentication not available',
    notAvailableLink: 'Switch it on in Company Settings',
    notAvailableAsk: 'A Security Admin can switch it on',
    optIn: 'Each person decides here',
    outranked: (role: string) => `The role ${role} stands above yours.`,
    enabled: (name: string) => `Two-Factor Authentication is now required of ${name}`,
    enableSays: (name: string) => `Enable Two-Factor Authentication for ${name}: asked to set up at the next sign-in.`,
    disableTitle: (name: string) => `Disable Two-Factor Authentication for ${name}?`,
    disableWhat: (name: string) =>
      `${name} is no longer required to use it. The app and the backup codes stop working at once, every session ends, and from then on the password alone opens the account. ${name} is told by mail.`,
    disabled: (name: string) => `Two-Factor Authentication is off for ${name}`,
    resetTitle: (name: string) => `Reset Two-Factor Authentication of ${name}?`,
    resetWhat: (name: string) =>
      `The app and the backup codes of ${name} stop working at once, and every session ends. The next sign-in asks to set up again; until then the password alone leads there, so make sure that it really is ${name} who asks. ${name} is told by mail.`,
    resetDone: (name: string) => `Two-Factor Authentication of ${name} has been reset`,
    requireSays: (name: string) => `Require Two-Factor Authentication of ${name}.`,
    required: (name: string) => `${name} must use Two-Factor Authentication`,
    unrequireTitle: (name: string) => `No longer require it of ${name}?`,
    unrequireWhat: (name: string) =>
      `${name} keeps what is set up but may switch it off. ${name} is told by mail, and the change is kept in the audit.`,
    unrequireAction: 'No longer require',
    unrequired: (name: string) => `${name} may now decide about Two-Factor Authentication`,
    invitedAgain: (email: string) => `The invitation was mailed to ${email} again`,
    inviteAgainSays: (email: string) => `Send the invitation to ${email} again.`,
  },

  inviteDialog: {
    title: 'Invite user',
    what: 'They get a mail with a link, choose their own password there, and set up the second step if it is required of them.',
    nameMissing: 'Enter a name.',
    emailMissing: 'Enter an email address.',
    action: 'Send invitation',
    done: (email: string) => `The invitation was mailed to ${email}`,
    says: (email: string, role: string) => `Invite ${email} as ${role}.`,
  },

  user: {
    title: 'Edit User',
    back: 'Users',
    role: 'Role',
    roleFixed: 'Your rights do not include giving this person another role.',
    roleSelf: 'Your own role is changed by somebody else.',
    required: 'Required 2FA',
    requiredWhat: (name: string) =>
      `${name} cannot switch Two-Factor Authentication off, and without an authenticator is made to set one up at the next sign-in, before anything else opens.`,
    requiredByRule: 'The organization requires it of everyone at the moment, whatever is ticked here.',
    optIn: 'The organization leaves the choice to each person. Choose "Chosen users" in Company Settings to require it here.',
    undoing: (name: string) => `After "Update", ${name} may switch it off. ${name} is told by mail.`,
    undoNotYours: 'Only a Security Admin can take the requirement away.',
    lastSignIn: 'Last sign-in',
    says: (name: string) => `Update the settings of ${name}.`,
    account: 'Account',
    twoFactor: 'Two-Factor Authentication',
    actions: 'Actions',
    gone: 'There is nobody at this address',
    goneWhat: 'The person may have left this organization.',
  },

  settingsSearch: {
    label: 'Find a setting',
    example: 'by any name you know it by',
    clear: 'Clear the search',
    hits: 'Settings found',
    found: (count: number) => (count === 0 ? 'No setting of this name.' : count === 1 ? '1 setting' : `${count} settings`),
  },

  company: {
    title: 'Company Settings',
    path: ['Admin', 'Company Settings', 'General'],
    tabs: {
      'two-factor': 'Two-Factor Authentication',
      'password-rules': 'Password Security Rules',
      appearance: 'Appearance',
      messages: 'Messages',
    },
    forbidden: (organization: string) =>
      `Only a Security Admin of ${organization} can see Company Settings. If something here should change, ask one of them.`,
    readOnly: (organization: string) => `You can look, not change. A Security Admin of ${organization} can change this.`,
    card: 'TWO-FACTOR AUTHENTICATION',
    enable: 'Enable 2FA',
    enableWhat: 'Makes Two-Factor Authentication available to everybody here. It requires it of nobody by itself.',
    whom: 'Who must use it',
    modes: {
      'opt-in': { label: 'Opt-in: each person decides', what: 'Available to all, required of nobody.' },
      chosen: { label: 'Chosen users: those marked Required 2FA', what: 'Mark them on the Users page, one tick per person.' },
      everyone: { label: 'Force All Users On 2FA', what: 'Yes: everyone. Nobody finishes signing in without a second step.' },
    },
    newUsers: 'New users start as required',
    newUsersWhat: 'Who is invited from now on gets the tick "Required 2FA".',
    figures: 'People',
    total: 'People',
    secured: 'Secured',
    required: 'Required',
    missing: 'Required, not set up',
    coverage: (secured: number, total: number) => `${secured.toLocaleString('en')} of ${people(total)} secured`,
    otp: 'OTP Authenticator (Duo Mobile, Google, Microsoft, etc)',
    otpWhat:
      'People use the authenticator app they already have: Google Authenticator, Microsoft Authenticator, Duo Mobile, LastPass Authenticator or any other that shows six-digit codes (TOTP). Nothing has to be bought or connected.',
    method: '2FA Communication Method',
    methodWhat: 'Offered first; the only one where people may not change it.',
    allowed: 'Allowed methods',
    allowedWhat: 'Backup codes come along with each of them.',
    mayChange: 'Allow Users to Change 2FA Communication',
    mayChangeWhat: 'ON: people pick among the allowed methods in their own settings. OFF: they use the method above.',
    standardize: 'Standardize on one method',
    additional: 'Configuring Additional 2FA Settings',
    passcodeTimeout: '2FA Passcode Timeout',
    passcodeTimeoutWhat:
      'How long a code that was sent to somebody is good: 1 to 10 minutes. The codes of an app are not touched: they change every 30 seconds.',
    minutes: 'minutes',
    rememberDays: 'Remember devices for',
    rememberDaysWhat:
      'Where a person ticks it, the second step is not asked again on that device for so long. 0 is never; 365 days at most.',
    days: 'days',
    remembers: 'Who may have a device remembered',
    remembersWhat: 'Pages for administrators ask for the second step in any case.',
    remembered: { everyone: 'Everybody', users: 'Only people with the role User' },
    strict: 'Strict time for app codes',
    strictWhat:
      'ON: the present code of an app, and the one before for 10 seconds only. OFF: one code before and after as well, for phones whose clocks differ.',
    notCovered: (count: number) => `${people(count)} not covered`,
    notCoveredWhat: (missing: number) =>
      `Their password alone opens their account.${missing === 0 ? '' : ` ${missing.toLocaleString('en')} of them must set up an authenticator and have not yet.`}`,
    notCoveredLink: 'See who',
    help: 'Help: Two-Factor Authentication (2FA)',
    offConsequence: 'From then on the password alone signs everybody in.',
    unsaved: 'Not saved yet.',
    says: 'Update the Two-Factor Authentication settings.',
    offTitle: 'Switch Two-Factor Authentication off for everybody?',
    offWhat: (organization: string, secured: number, required: number) =>
      `In ${organization}, ${secured === 0 ? 'nobody has' : secured === 1 ? '1 person has' : `${people(secured)} have`} an authenticator set up, and ${required === 0 ? 'nobody is' : required === 1 ? '1 person is' : `${people(required)} are`} required to use one. From then on the password alone signs everybody in. What is set up is kept for the day it is switched on again.`,
    offAction: 'Switch it off',
    preview: {
      counting: 'Counting whom it concerns …',
      failed: 'Whom it concerns could not be counted. It can be saved all the same.',
      nobody: 'Nobody is stopped, and no session ends.',
      mustSetUp: (count: number) => `${people(count)} will set up an authenticator at their next sign-in.`,
      ...methodWords.preview,
      sessionsEnd: (count: number) => (count === 1 ? '1 session ends.' : `${count.toLocaleString('en')} sessions end.`),
      devicesEnd: (count: number) =>
        count === 1 ? '1 remembered device is forgotten.' : `${count.toLocaleString('en')} remembered devices are forgotten.`,
      noLongerRequired: (count: number) => `${people(count)} may switch it off after this.`,
      names: (names: readonly string[], count: number) =>
        count > names.length ? `${names.join(', ')} and ${(count - names.length).toLocaleString('en')} more` : names.join(', '),
    },
    elsewhere: {
      title: (by: readonly string[]) =>
        by.length === 0
          ? 'These settings were changed while you were here.'
          : `${by.join(' and ')} changed these settings while you were here.`,
      change: (was: string, is: string) => `${was} → ${is}.`,
      own: (draft: string) => `In your draft it is "${draft}".`,
      what: 'Your draft is kept and not saved. "Update" stores it on top of what is stored now.',
      discard: 'Drop my draft',
    },
    rule,
    stored: ({ enabled, mode, newUsersRequired }: Pick<Rules, 'enabled' | 'mode' | 'newUsersRequired'>): string =>
      enabled
        ? `Two-Factor Authentication is ON, ${whom[mode]}; new users start as ${newUsersRequired ? 'required' : 'not required'}.`
        : 'Two-Factor Authentication is OFF.',
    rules: {
      title: 'PASSWORD SECURITY RULES',
      what: 'What a password must be, and whether a second step comes after it.',
      least: 'Least password length',
      leastWhat:
        'Raises the length below, and never lowers it: 8 to 64 characters; empty leaves it as it is. It counts for passwords that are set from now on.',
      leastNone: 'as below',
      characters: 'characters',
      list: [
        { rule: 'At least 15 characters', why: 'where the password can open an account alone.' },
        { rule: 'At least 8 characters', why: 'where the second step is always asked.' },
        { rule: 'Common passwords are refused,', why: 'such as those known from leaks, keyboard rows, and your own name.' },
        {
          rule: 'No forced change by the calendar:',
          why: 'a password is changed when there is a reason. Forced changes make weaker ones.',
        },
        { rule: 'No rules about signs and digits:', why: 'length protects; every character is allowed, spaces too.' },
      ],
      second: 'Whom it is asked from, and how, is set on the tab',
    },
  },

  helpPage: {
    title: 'Settings - Two-Factor Authentication (2FA)',
    what: 'Two-Factor Authentication asks for two or more pieces of evidence before it gives access: something you know, your password, and something you have, your phone.',
    onThisPage: 'On this page',
    picture:
      'Six digits, new every 30 seconds. The code shown in your app will differ from any you see in pictures, here or elsewhere: that is the point of it.',
    pictureLabel: 'How a code looks in an app',
    pictureApp: 'Countersign',
    startTitle: 'Before you start',
    start: [
      'Open the account menu, top right, and choose "Enable 2FA". You are shown a QR code and, beside it, a key to type.',
      'Let your phone set date and time by itself. The codes depend on the clock; a wrong one makes right codes fail.',
    ],
    apps: [
      {
        id: 'google-authenticator',
        name: 'Google Authenticator',
        steps: [
          'Open the app and tap the plus icon.',
          'Choose "Scan a QR code" and point the camera at the code on the screen. If you cannot scan, choose "Enter a setup key" and type the key; leave the type on "time based".',
          'The app shows six digits. Type them on the page, before they change.',
        ],
        note: undefined,
      },
      {
        id: 'microsoft-authenticator',
        name: 'Microsoft Authenticator',
        steps: [
          'Open the app, tap the plus icon and choose "Other account".',
          'Scan the QR code, or choose "Enter code manually" and type the key.',
          'Tap the new account to see its six digits and type them on the page.',
        ],
        note: 'It works as a plain code app here; no Microsoft account is needed.',
      },
      {
        id: 'duo-mobile',
        name: 'Duo Mobile',
        steps: [
          'Open the app and tap the plus icon, or the key icon in older versions.',
          'Scan the QR code. To type the key instead, choose to enter it by hand.',
          'Give the account a name if you are asked, and tap the check icon to confirm.',
          'Tap the key icon of the account to see the six digits and type them on the page.',
        ],
        note: 'No paid Duo subscription is needed: Duo Mobile is used as a plain code app here.',
      },
      {
        id: 'lastpass-authenticator',
        name: 'LastPass Authenticator',
        steps: [
          'Open the app and tap the plus icon.',
          'Choose to scan the barcode, or to enter the key by hand.',
          'The account appears with six digits. Type them on the page.',
        ],
        note: 'It is an app of its own beside the LastPass password manager.',
      },
    ],
    lostTitle: 'Lost or new phone',
    lost: [
      'Sign in with one of your backup codes, in the same field as the six digits. Each works once.',
      'Then open User Settings, press "Reset QR Code" and choose "Set up again now".',
      'No backup codes left? Give your password, then choose "No phone and no backup codes?" and "Ask an administrator". They make sure first that it is you, and then reset you or send you a one-time pass, which you type in the field for the code.',
    ],
    exceptionsTitle: 'When no code is asked',
    exceptionsWhat:
      'There is one second step for everything: these pages, the API, and whatever signs in through them. These are the only times when the password alone is enough:',
    exceptions: [
      'On a device that you have had remembered, for as many days as your organization allows. Such a session sees no page of administrators and changes nothing about your account before you give a code. A new password, a change of your apps or codes, a stricter rule, and "Forget" end it.',
      'Where your organization has Two-Factor Authentication switched off.',
      'Where it is your own choice and you have not set up an app.',
      'Between a reset and your next set-up: the password leads to the set-up and to nothing else.',
    ],
    questionsTitle: 'Questions and answers',
    questions: [
      {
        ask: 'My code is not accepted. Why?',
        answer:
          "Most often the phone's clock is off: switch on automatic date and time. A code also works only once, so wait for the next one after using it. And check that the account in the app is the right one.",
      },
      {
        ask: 'Does the app need a connection?',
        answer: 'No. It counts from the key and the time; it works on a plane.',
      },
      {
        ask: 'I do not see "Disable 2FA". Why?',
        answer:
          'Somebody requires it of you: the account menu says who in its place. Only a Security Admin of that organization can change it.',
      },
      {
        ask: 'It says "Two-Factor Authentication not available". What can I do?',
        answer: 'Your organization has it switched off. A Security Admin switches it on under Admin > Company Settings > General.',
      },
      {
        ask: 'Can I use two phones?',
        answer:
          'Yes. Choose "Add another app" under User Settings and give each a name; a code of any of them lets you in. Remove the one that you no longer use.',
      },
      {
        ask: 'Which app must I use?',
        answer:
          'The choice is yours. Any app for six-digit codes (TOTP) works, also one inside a password manager: Duo Mobile, LastPass Authenticator, Google Authenticator, Microsoft Authenticator and many others.',
      },
      {
        ask: 'My phone number has changed and I cannot sign in. What can I do?',
        answer:
          'The number can be changed only by somebody who is signed in, so that nobody else puts theirs there. Use your app or a backup code, then "Edit Profile". With neither, choose "Ask an administrator" where the code is asked.',
      },
      {
        ask: 'Will anybody ever ask me for a code?',
        answer: 'No. Nobody who helps you needs one. Whoever asks for it wants to sign in as you.',
      },
    ],
    adminTitle: 'For administrators',
    admin: [
      'Open Admin > Company Settings > General (also known as Settings > General, or Client Settings), tab "Two-Factor Authentication". A Security Admin sets "Enable 2FA" to ON and decides who must use it.',
      'Press "Update" and look for the word "Saved.": the stored value is read back.',
      'With "Chosen users", go to Users, open the three dots of a person and choose "Enable Two-Factor Authentication", or tick "Required 2FA" on the person\'s page.',
    ],
  },

  helpFoot: {
    support: 'Need more help?',
    supportWhat: 'Whom to ask at any hour, by what your provider has set.',
    noSupport: 'Your provider has named no contact. Ask an administrator of your organization.',
    useful: 'Was this useful?',
    yes: 'Yes',
    no: 'No',
    thanks: 'Thank you.',
    votes: (yes: number, all: number) => `${yes.toLocaleString('en')} of ${people(all)} found this useful.`,
  },

  questionsPage: {
    title: 'Two-Factor Authentication: questions and answers',
    what: 'Questions that administrators and users ask. Administrators work under Admin (Users and Company Settings), users under the menu with their name and on the page where they log in: two sides with addresses of their own, and one set of rules behind both.',
    questions: [
      {
        id: 'enable',
        ask: 'How can we enable Two-Factor Authentication in our organization?',
        answer: 'Only a Security Admin can make it available.',
        steps: [
          'As a Security Admin, open Admin > Company Settings > General, tab "Two-Factor Authentication" (also found as Client Settings > Password Security Rules).',
          'Set "Enable 2FA" to ON and decide who must use it.',
          'Press "Update" and look for the word "Saved.".',
          'With "Chosen users", go to Users and enable it for each person who must use it.',
        ],
      },
      {
        id: 'everybody',
        ask: 'Will all users automatically be made to set it up?',
        answer:
          'That is yours to decide. "Force All Users On 2FA" makes everybody set it up at the next sign-in. "Chosen users" asks only those marked "Required 2FA", and new users start with that mark unless you say otherwise. "Opt-in" asks nobody.',
        steps: [
          'For one person: go to Users and open the three dots in the column "Actions".',
          'Choose "Enable Two-Factor Authentication".',
        ],
      },
      {
        id: 'disable',
        ask: 'How can I disable Two-Factor Authentication?',
        answer:
          'A Security Admin switches it off for the organization in the same place, by setting "Enable 2FA" to OFF. For one person: Users, three dots, "Disable Two-Factor Authentication". For yourself: the menu with your name, "Disable 2FA", unless your organization requires it.',
        steps: [],
      },
      {
        id: 'not-available',
        ask: 'What if it says "Two-Factor Authentication not available"?',
        answer: 'Then it is switched off for the organization. A Security Admin enables it there first, as the first answer says.',
        steps: [],
      },
      {
        id: 'set-up',
        ask: 'How does each user set it up?',
        answer:
          'Whoever is required to is led through it after the password. Everybody else chooses "Enable 2FA" in the menu with their name.',
        steps: [
          'Open the web address of your organization and log in with your email and password.',
          'Scan the QR code, which is yours alone, with Google Authenticator or a similar app of your choice.',
          'The app makes a temporary code of six digits. Type it into the field.',
          'Choose "Verify", then save your backup codes.',
          'Once you are logged in, the set-up is complete.',
        ],
      },
      {
        id: 'every-sign-in',
        ask: 'When is the code asked for afterwards?',
        answer:
          'After the password, wherever you sign in with this account, on every device and in every browser, unless your organization lets devices be remembered and you asked for it there. It is asked once more before you change how your account is protected.',
        steps: [],
      },
      {
        id: 'duo',
        ask: 'What do I do when Duo asks me on my phone?',
        answer:
          'Approve it if you have just begun to log in and the phone shows the same organization, address and time as the page. Otherwise deny it: nobody gets in, no more pushes are sent, and you change your password, because somebody knows it.',
        steps: [
          'No request arrives: open Duo Mobile, it fetches what waits.',
          'No connection: choose "Type a Duo passcode" and type the code that Duo Mobile shows.',
          'No phone: use a backup code, and tell your administrator.',
        ],
      },
    ],
  },
} as const)
