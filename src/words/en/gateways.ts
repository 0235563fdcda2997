/** What the tab "Messages" of Company Settings says: what messages are sent through, how many may be, and what did not arrive. */

import type { Channel } from '#contract/gateways.ts'
import { isolating } from '../bidi.ts'

const count = (number: number, one: string, many: string): string => `${number.toLocaleString('en')} ${number === 1 ? one : many}`

const channels = { mail: 'Email', text: 'Text Message', call: 'Phone Call' } as const satisfies Record<Channel, string>

/** What went wrong with a message, by its code, and what to do about it. */
const reasons: Readonly<Record<string, string>> = {
  credentials: 'Wrong credentials: the server knows no such user name and password, or no such account and key. Check both.',
  sender: 'Refused sender: this account may not send under this address, name or number. Use one that the service lists as its own.',
  timeout: 'Timeout: nobody answered in time. Check the host name and the port, and whether a firewall is in between.',
  'host-not-allowed':
    'Host not allowed: it leads to a private or local network. Only the operator of the server can open it, with the setting ALLOWED_HOSTS.',
  'unknown-host': 'Unknown host: no server has this name. Check how it is spelled.',
  'no-connection': 'No connection: the server refused it or hung up. Check the host and the port.',
  unreachable: 'Unreachable: the phone is switched off, out of reach, or blocked.',
  tls: 'No encryption: the server offers none, or its certificate does not belong to this host name or is not trusted.',
  uncertain: 'Unclear: it was handed over and nobody confirmed that it was taken. It may arrive all the same.',
  'invalid-address': 'Refused address: the server takes no mail for it.',
  'invalid-number': 'Refused number: it does not exist, or cannot be reached.',
  'not-mobile': 'Refused number: it takes no text messages.',
  'opted-out': 'Opted out: this number has answered STOP. Texts reach it again once it answers START.',
  'region-blocked': 'Blocked country: the service has this country switched off for the account.',
  'no-route': 'No route: the service finds no way from this sender to this number.',
  filtered: 'Filtered: the carrier took it for unwanted advertising. The sender may have to be registered there.',
  busy: 'Busy: the line was engaged, or the service takes no more for the moment.',
  'no-answer': 'Nobody answered.',
  'not-heard': 'Somebody or something answered, and pressed no key.',
  expired: 'Too late: what it carried had expired before it could be sent.',
  gateway: 'The gateway could not be used before it was too late.',
  unknown: 'The service refused it and gave no reason that we know.',
}

const faults: Readonly<Record<string, string>> = {
  host: 'This is not the name of a server. Write it like mail.example.org, without a port and without https.',
  port: 'A port is a whole number from 1 to 65535; mail servers have 587 or 465.',
  from: 'Write the sender like no-reply@example.org, or like Example <no-reply@example.org>.',
  secret: 'Write the password or key again: it is needed wherever the server, the account or the user name is another one.',
  account: 'An account SID is AC and 32 letters and digits, an API key SID begins with SK.',
  sender: 'Write a number with its plus and country code, or for texts a name of up to eleven letters, or a messaging service SID (MG…).',
  url: 'Write an address that begins with https://.',
  kind: 'This channel cannot be served by that.',
}

const templates: Readonly<Record<string, string>> = {
  invitation: 'Invitation',
  'password-reset': 'Link for a new password',
  'email-change': 'Link to confirm an email',
  'sign-in-code': 'Login code',
}

/** Why nothing was sent on the wish of somebody who is logged in, where waiting does not help; undefined where it does. */
export const notSentHere: Readonly<Record<string, string | undefined>> = {
  'country-not-allowed':
    'Nothing is sent to numbers of this country: it is not among the countries that are open. A Security Admin chooses them under Company Settings, Messages.',
  number: 'Nothing is sent to this number: it costs extra, or reaches nobody.',
}

export const gatewayWords = isolating({
  tab: 'Messages',
  channels,
  what: {
    mail: 'Invitations, links for new passwords, notices, and codes by email.',
    text: 'Codes by text message.',
    call: 'Codes that are spoken in a phone call.',
  } as const satisfies Record<Channel, string>,
  forbidden: (organization: string) =>
    `Only a Security Admin of ${organization} can see what messages are sent through. If something here should change, ask one of them.`,

  inForce: 'Sent through',
  sources: {
    own: 'Own gateway',
    provider: "The provider's gateway",
    environment: 'As the server is set up',
  },
  none: 'NOTHING SET UP',
  noneWhat: {
    mail: 'Mails wait until there is a mail server.',
    text: 'Nobody can use Text Message until there is one.',
    call: 'Nobody can use Phone Call until there is one.',
  } as const satisfies Record<Channel, string>,
  kinds: { smtp: 'Mail server (SMTP)', twilio: 'Twilio', webhook: 'Webhook' } as Readonly<Record<string, string>>,
  kind: 'Kind of gateway',
  changedBy: (name: string, when: string) => `Last changed by ${name}, ${when}.`,
  notOpen: 'Messages of this site go through the provider. Ask the provider to let sites bring gateways of their own.',
  fallsBack: 'Kept, and not used: the provider does not let sites bring gateways of their own at the moment.',
  linksNote:
    'Mails with a one-time link in them (invitations, new passwords, a new email) always go through the provider’s gateway; notices and codes go through your own.',

  set: 'Set up your own gateway',
  change: 'Change',
  remove: 'Remove',
  removeTitle: (channel: Channel) => `Remove your own gateway for ${channels[channel]}?`,
  removeWhat: 'Its password or key is erased. From then on messages go through what stands behind it, or wait if there is nothing.',
  removed: 'Removed.',
  says: (channel: Channel) => `Change the gateway for ${channels[channel]}.`,
  saved: 'Saved. Send a test to see that it works.',
  dialog: (channel: Channel) => `Gateway for ${channels[channel]}`,
  overtaken: (by: string | undefined) =>
    `${by ?? 'Somebody else'} changed this in the meantime. Close this and look at what is there now; nothing of yours was saved.`,
  host: 'SMTP host',
  port: 'Port',
  security: 'Encryption',
  securities: { starttls: 'STARTTLS (port 587)', tls: 'TLS from the first byte (port 465)' },
  username: 'User name',
  usernameWhat: 'Empty for a server that asks for none.',
  password: 'Password',
  from: 'Sender',
  fromWhat: 'no-reply@example.org, or Example <no-reply@example.org>. The server must allow it.',
  accountSid: 'Account SID',
  apiKeySid: 'API key SID',
  apiKeySidWhat: 'Empty when the auth token is used.',
  twilioSecret: 'Auth token, or secret of the API key',
  number: 'Sender number',
  numberWhat: { mail: '', text: 'With plus and country code, or a name of up to eleven letters.', call: 'With plus and country code.' },
  service: 'Messaging service SID',
  serviceWhat: 'In the place of a sender number.',
  url: 'Webhook address',
  urlWhat: 'Gets a signed POST for each message. The help for operators says how to check the signature.',
  signingKey: 'Signing key, at least 32 letters',
  secretSet: '•••• set. Empty leaves it as it is.',
  reveal: (label: string) => `Show: ${label}`,

  test: 'Send a test',
  testSays: (channel: Channel) => `Send a test by ${channels[channel]} to yourself.`,
  testTo: (to: string) => `Goes to you, ${to}.`,
  noPhone: 'Your profile has no phone number that a test could go to.',
  toProfile: 'Add one',
  accepted: (to: string, milliseconds: number) =>
    `The gateway took the test for ${to} ${milliseconds < 1000 ? 'within a second' : `after ${(milliseconds / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s`}. Look whether it arrives.`,
  refused: 'The test was not sent',
  said: (said: string) => `What was said: ${said}`,
  reasons,
  reason: (code: string) => reasons[code] ?? reasons.unknown ?? '',
  faults,

  limits: {
    title: 'HOW MUCH MAY BE SENT',
    what: 'Texts and calls cost money, and somebody who has them sent to numbers of their own earns by it. What stands here caps that; limits for each person, number, range of numbers, country and network hold besides.',
    countries: 'Countries that are written to and called',
    countriesWhat: {
      provider: 'Numbers of all other countries are refused. Choose only those where people of yours are.',
      site: 'Empty: all that the provider allows. Nothing that the provider does not allow can be added.',
    },
    countriesNone: 'No country is chosen, so no text and no call is sent.',
    countriesSearch: 'Search countries',
    daily: { provider: 'Texts and calls a day, all together', site: 'Texts and calls a day' },
    siteDaily: 'Texts and calls a day for each site',
    dailyWhat: (most: number) => `Empty: ${most.toLocaleString('en')}. A day is counted in UTC, and zero stops them all.`,
    sites: 'Sites may bring gateways of their own',
    sitesWhat:
      'Then a Security Admin of a site can store a mail server and a text service for its people. Whoever runs that mail server can read the codes in its mails; links for passwords stay with your own gateway.',
    says: 'Change how much may be sent, and to where.',
    overtaken: 'Somebody else changed this in the meantime. Load the page again.',
  },

  sent: {
    title: 'SENT IN THE LAST TWO WEEKS',
    what: {
      provider: 'All messages of the installation, by day (UTC).',
      site: 'Codes and messages that were sent for this site, by day (UTC).',
    },
    empty: 'Nothing was sent yet',
    emptyWhat: 'The first invitation or code shows here.',
    channel: 'Channel',
    sent: 'Sent',
    delivered: 'Delivered, as reported',
    failed: 'Not delivered',
    used: 'Code entered',
    chart: (channel: Channel, sum: number) => `${channels[channel]}: ${count(sum, 'message', 'messages')} in two weeks`,
    bar: (day: string, sent: number, delivered: number, used: number) => `${day}: ${sent} sent, ${delivered} delivered, ${used} entered`,
    totals: 'Totals',
  },

  failed: {
    title: 'NOT DELIVERED',
    what: {
      provider: 'Messages that were given up, or of which the gateway reported that they did not arrive.',
      site: 'Messages of this site that were given up, or of which the gateway reported that they did not arrive.',
    },
    empty: 'Everything arrived',
    emptyWhat: 'What cannot be delivered is kept here, with the reason.',
    to: 'To',
    message: 'Message',
    when: 'When',
    why: 'Why',
    attempts: 'Attempts',
    actions: 'Actions',
    templates,
    template: (name: string) => templates[name] ?? name.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase()),
    again: 'Send again',
    againTo: (message: string, to: string) => `Send again: ${message} to ${to}`,
    says: (message: string, to: string) => `Send "${message}" to ${to} again.`,
    done: 'It is in the queue again.',
    expired: 'Expired',
    expiredWhat: 'What it carries is dead, so it is not sent again.',
    more: 'Show more',
  },
} as const)

/** The text of a test, also when it is spoken. */
export const gatewayTest = (organization: string): string => `This is a test of ${organization}. Text messages and calls work.`
export const gatewayTestPrompt = 'This is a test call. Press any key to hear it.'
