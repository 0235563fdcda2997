/** What is said to people whom a portal has sent for their second step, and in the Console about portals and API keys. */
import { isolating } from '../bidi.ts'

const again = 'Go back to where you came from and start again.'
const tellThem = 'Tell whoever runs the portal what it says here.'

interface Said {
  readonly title: string
  readonly text: string
}

const notSigned: Said = {
  title: 'We do not know who sent you here',
  text: `The request is not from a portal that is set up here, or it was not signed with its secret. ${tellThem}`,
}
const clock = (what: string): Said => ({
  title: 'This request is out of date',
  text: `${what} ${again} If it happens again, the clock of the portal is off.`,
})
const wrong = (what: string): Said => ({ title: 'The portal asked for something that we do not do', text: `${what} ${tellThem}` })

/** Why nobody is asked anything, by the reason of the problem `second-factor-refused`. */
const refused: Readonly<Record<string, Said | undefined>> = {
  signature: notSigned,
  issuer: notSigned,
  audience: wrong('Its request was made for another host name than this one: "aud" is not right.'),
  client: wrong('Its request names another client than the address does.'),
  expired: clock('The request has expired.'),
  'too-long': clock('The request claims to be good for more than an hour.'),
  'from-the-future': clock('The request is from the future.'),
  'response-type': wrong('"response_type" must be "code".'),
  scope: wrong('"scope" must contain "openid".'),
  redirect: wrong('It wants you to be sent to an address that is not in its list here.'),
  state: wrong('"state" must have 16 to 1024 characters.'),
  nonce: wrong('"nonce" must have 16 to 1024 characters.'),
  'user-name': wrong('It did not say who you are: "duo_uname" is missing.'),
  used: { title: 'This request was already used', text: `Each one works once, in the browser that opened it first. ${again}` },
  person: {
    title: 'We do not know you',
    text: 'The portal sent you here under a name that belongs to nobody in its organization. Ask an administrator of yours to invite you with the email that you use there.',
  },
}

export const secondFactorWords = isolating({
  asks: (application: string) => `${application} asks for your second step`,
  reason: (reason: string) => `The reason it gives: ${reason}`,
  setUp: {
    title: 'Set up Two-Factor Authentication',
    lead: 'You have no authenticator yet. We send a temporary passcode to your email: with it you set one up.',
  },
  refused: (reason: string): Said => refused[reason] ?? notSigned,
  goneTitle: 'That took too long, or was done already',
  gone: `For your safety each of these can be answered once, within ten minutes. ${again}`,
  approvedTitle: 'Thank you',
  approved: 'We have passed on that it is you. You can close this page.',
  cancelledTitle: 'Cancelled',
  cancelled: 'Nobody was told that it is you. You can close this page, or go back to where you came from and start again.',
  open: {
    title: 'Is that you?',
    lead: (name: string, organization: string) => `${name} asks, for ${organization}, whether it is really you.`,
    warning: 'Go on only if you are talking to them, or are logging in there, at this moment. If not, close this page: nothing happens.',
    button: 'It is me',
  },
  tried: {
    title: 'It works',
    text: (application: string, factor: string) =>
      `${application} would now be told that your second step was right, and that it was given by ${factor}.`,
    back: { href: '/applications', label: 'Back to Applications' },
    failedTitle: 'That did not work',
    failed: 'The code of this trial is unknown, was used already, or has expired. Start the trial again.',
  },
})

/** What the Console says of portals that ask for the second step only. */
export const secondFactorConsole = isolating({
  kind: 'Second factor only',
  kindWhat:
    'For portals that keep their own passwords. They speak the language of the Duo Universal Prompt, so an official library of Duo is all they need.',
  redirectUris: 'Redirect addresses',
  redirectUrisWhat:
    'Where people come back to with the answer, one in each line. Compared letter by letter with the redirectUrl that the portal gives its library, such as https://portal.example.com/duo-callback.',
  opensSetUp: 'Let new people set up their authenticator on the word of this portal alone',
  opensSetUpWhat:
    'Off, whoever has no authenticator yet first types a code that we mail to them. On, the portal vouches for them: whoever breaks into the portal could then set up an authenticator for everybody who has none. Never for people who must use a passkey: they set their first one up by signing in here.',
  returnsRefusals: 'Tell the portal when somebody cancels',
  returnsRefusalsWhat: 'Sends them back with error=access_denied, which the portal must be able to read. Off, they stay on a page of ours.',
  faults: { redirectUris: 'Type at least one address. Use https, or http on localhost. No wildcard, no # and no user name.' },
  host: 'API hostname',
  tryIt: 'Try it',
  tryItWhat: 'Sends you through it as the portal would, with your own second step. Nothing is changed.',
  tryItSays: (name: string) => `Try the application ${name}.`,
  snippets: 'What to write into the portal',
  snippetsWhat: 'Pick the library. Wherever it wants a client ID, a client secret and an API hostname, give it those above.',
  language: 'Library',
  limits: 'What to know of this library',
  copySnippet: 'the example',
  libraries: {
    node: {
      name: 'Node.js (@duosecurity/duo_universal)',
      limits:
        'Up to 3.0.0 it trusts the authorities of Duo alone and waits without end; the two lines in the example put that right from outside. It does not look at auth_result: do that yourself.',
    },
    python: {
      name: 'Python (duo_universal)',
      limits:
        'From 2.3 on it can be told whom to trust; older ones take duo_certs only. It does not look at auth_result: do that yourself.',
    },
    go: { name: 'Go (duo_universal_golang)', limits: 'From 1.1 on it takes a client of your own, which decides whom to trust.' },
    php: {
      name: 'PHP (duo_universal_php)',
      limits:
        'It has no setting for whom to trust: replace its file of authorities, and again after each update. It does not look at auth_result: do that yourself.',
    },
    java: {
      name: 'Java (duo_universal_java)',
      limits:
        'Port 443 only. The certificate must be trusted by the JVM and be named by its hash. Old versions sign for a whole hour, so the clock must be right.',
    },
    csharp: {
      name: 'C# (DuoUniversal)',
      limits:
        'The authority must be trusted by the operating system as well as named here. Without UseDuoCodeAttribute the code comes in "code".',
    },
  },
})

/** What the Console says of API keys. */
export const apiKeyWords = isolating({
  title: 'API keys',
  what: 'For scripts, VPNs and help desks that check a code or ask for a second step without being a portal. A key never opens an account.',
  create: 'Create API key',
  none: 'No API keys yet',
  noneWhat: 'Create one, say what it is for, and copy it into the program. It is shown once.',
  name: 'Name',
  nameWhat: 'People read it when the program asks for their second step, such as "VPN Vienna".',
  nameMissing: 'Give it a name.',
  scopes: 'What it may do',
  scopesMissing: 'Tick at least one.',
  scope: {
    'verify-code': 'Check a code',
    prompts: 'Ask for a second step in a browser',
    'read-users': 'See whether somebody has set up 2FA',
  } as Readonly<Record<string, string | undefined>>,
  life: 'Works for',
  lives: { '30': '30 days', '90': '90 days', '180': 'half a year', '365': 'a year' } as Readonly<Record<string, string>>,
  key: 'Key',
  expires: 'Expires',
  expired: 'EXPIRED',
  lastUsed: 'Last used',
  never: 'Never',
  createdBy: (who: string, when: string) => `Created by ${who}, ${when}`,
  createSays: (name: string) => `Create the API key ${name}.`,
  created: (name: string) => `The API key ${name} is created.`,
  keyTitle: 'Your new API key',
  keyWhat: 'Copy it into the program now. It is shown this once, and nobody can look it up later.',
  keyClose: 'I have copied it',
  action: 'Action',
  revoke: 'Revoke',
  revokeOf: (name: string) => `Revoke the key ${name}`,
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeAsk: 'Programs that use this key are refused from the next request on. It cannot be brought back.',
  revokeSays: (name: string) => `Revoke the API key ${name}.`,
  revoked: (name: string) => `The API key ${name} is revoked.`,
})
