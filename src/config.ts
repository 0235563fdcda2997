import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type DeliverySettings, readDeliverySettings } from '#delivery/settings.ts'

/** Every setting: the environment variable, what it is for, and what holds without it. `docs/configuration.md` is compared with this. */
export const settings = {
  HOST: { default: '127.0.0.1', says: 'Address to listen on.' },
  PORT: { default: '8080', says: 'Port to listen on.' },
  PUBLIC_URL: {
    default: 'http://HOST:PORT',
    says: 'Where people reach this installation: scheme, host and port, nothing behind. With https cookies are bound to the host and sent over TLS only.',
  },
  DATA_DIR: { default: './data', says: 'Folder of the embedded database and of the key file.' },
  DATABASE_URL: {
    default: '',
    says: 'A postgres:// address of PostgreSQL 15 or newer; without it the embedded database in DATA_DIR is used.',
  },
  DATABASE_POOL: {
    default: 'twice the cores and one',
    says: 'Connections to PostgreSQL per process, 1 to 100, beside two that only read; more than PostgreSQL has cores for only make it slower.',
  },
  KEY_FILE: {
    default: 'DATA_DIR/countersign.key',
    says: 'File with the key that seals secrets; made at the first start, belongs to the database, and must be kept apart from its backups.',
  },
  SMTP_URL: {
    default: '',
    says: 'Mail server: smtp://user:password@host:587 (STARTTLS is required unless the host is this machine) or smtps://user:password@host:465.',
  },
  SMTP_TLS: {
    default: 'required',
    says: 'required: no mail to a server without TLS. optional: TLS where SMTP_URL offers it; codes and links may then cross your network in the clear.',
  },
  MAIL_FROM: { default: 'Countersign <countersign@localhost>', says: 'Sender of all mails.' },
  INBOX: {
    default: 'on without SMTP_URL on a loopback PUBLIC_URL',
    says: 'The page /inbox that shows mails, texts and calls instead of sending them, for development: on or off. Refused in production and on a public address.',
  },
  TWILIO_ACCOUNT_SID: { default: '', says: 'AC…: texts and calls go out through this Twilio account.' },
  TWILIO_AUTH_TOKEN: { default: '', says: 'Its auth token: opens the account, and checks what Twilio reports.' },
  TWILIO_API_KEY: { default: '', says: 'SK…: opens the account instead of the auth token, with TWILIO_API_SECRET.' },
  TWILIO_API_SECRET: { default: '', says: 'The secret of TWILIO_API_KEY.' },
  TWILIO_FROM: { default: '', says: 'The number of the account that texts and calls come from, like +15005550006; calls need one.' },
  TWILIO_MESSAGING_SERVICE: { default: '', says: 'MG…: texts go out through this messaging service instead of TWILIO_FROM.' },
  TWILIO_CALLBACKS: {
    default: 'on',
    says: 'off where Twilio cannot reach PUBLIC_URL: nobody learns whether a text arrived, and a call speaks its code without waiting for a key, also to an answering machine.',
  },
  TWILIO_API_URL: { default: '', says: 'Another server that speaks as Twilio does, for tests; only a host that stands in ALLOWED_HOSTS.' },
  WEBHOOK_URL: { default: '', says: 'Any other gateway: an https address that takes messages as signed JSON.' },
  WEBHOOK_SECRET: { default: '', says: 'At least 32 characters that both sides sign with.' },
  WEBHOOK_CHANNELS: {
    default: 'text,call',
    says: 'What goes to WEBHOOK_URL, before Twilio and SMTP: mail, text and call, separated by commas.',
  },
  ALLOWED_HOSTS: {
    default: '',
    says: "Hosts, with a port or without, that gateways may be at although their addresses are private or they speak no TLS, separated by commas. It holds for gateways that organizations set as well, for AuthAnvil, and for API hostnames of Duo that are not Duo's own.",
  },
  PHONE_COUNTRIES: {
    default: '',
    says: 'Countries whose numbers get texts and calls, by their two letters (ISO 3166) and separated by commas, until the provider chooses some under Company Settings, Messages. None by default.',
  },
  TRUSTED_PROXIES: {
    default: '',
    says: 'Addresses or networks of reverse proxies whose X-Forwarded-… headers are believed, separated by commas; none by default. Of forward-auth only these are answered.',
  },
  SUPPORT_CONTACT: { default: '', says: 'Whom to ask for help, shown under the sign-in: a mail address, a phone number or a sentence.' },
  RECOMMENDED_APP: { default: 'Google Authenticator', says: 'The authenticator app to recommend at set-up.' },
  ISSUER: { default: 'Countersign', says: 'The name above the code in the authenticator app.' },
  LOG_LEVEL: { default: 'info', says: 'How much is logged: fatal, error, warn, info, debug or silent.' },
} as const satisfies Record<string, { readonly default: string; readonly says: string }>

export interface Config {
  readonly host: string
  readonly port: number
  readonly publicUrl: string
  readonly dataDir: string
  readonly databaseUrl?: string
  readonly databasePool: number
  readonly keyFile: string
  readonly delivery: DeliverySettings
  readonly inbox: boolean
  readonly phoneCountries: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly supportContact?: string
  readonly recommendedApp: string
  readonly issuer: string
  readonly logLevel: string
}

/** A setting that cannot be used, in one sentence for the operator. */
export class SettingUnusable extends Error {}

/** Reads the settings. @throws {SettingUnusable} naming the setting and what it takes */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const read = (name: keyof typeof settings) => environment[name]?.trim() || undefined
  const whole = (name: 'PORT' | 'DATABASE_POOL', least: number, most: number, otherwise: number) => {
    const text = read(name) ?? String(otherwise)
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new SettingUnusable(`${name} is "${text}", but must be a whole number from ${least} to ${most}.`)
    return value
  }
  const host = read('HOST') ?? settings.HOST.default
  const port = whole('PORT', 0, 65_535, Number(settings.PORT.default))
  const publicUrl = origin(read('PUBLIC_URL') ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const dataDir = read('DATA_DIR') ?? settings.DATA_DIR.default
  const databaseUrl = read('DATABASE_URL')
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new SettingUnusable('DATABASE_URL must start with postgres:// or postgresql://.')
  const delivery = readDeliverySettings(
    (name) => environment[name]?.trim() || undefined,
    { publicUrl, mailFrom: read('MAIL_FROM') ?? settings.MAIL_FROM.default },
    (sentence) => {
      throw new SettingUnusable(sentence)
    },
  )
  const logLevel = read('LOG_LEVEL') ?? settings.LOG_LEVEL.default
  if (!['fatal', 'error', 'warn', 'info', 'debug', 'silent'].includes(logLevel)) {
    throw new SettingUnusable(`LOG_LEVEL is "${logLevel}", but must be fatal, error, warn, info, debug or silent.`)
  }
  const supportContact = read('SUPPORT_CONTACT')
  return {
    host,
    port,
    publicUrl,
    dataDir,
    ...(databaseUrl ? { databaseUrl } : {}),
    databasePool: whole('DATABASE_POOL', 1, 100, 2 * availableParallelism() + 1),
    keyFile: read('KEY_FILE') ?? join(dataDir, 'countersign.key'),
    delivery,
    inbox: inbox(read('INBOX'), delivery.smtp !== undefined, publicUrl, environment.NODE_ENV),
    phoneCountries: countriesOf(read('PHONE_COUNTRIES')),
    trustedProxies: (read('TRUSTED_PROXIES') ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    ...(supportContact ? { supportContact } : {}),
    recommendedApp: read('RECOMMENDED_APP') ?? settings.RECOMMENDED_APP.default,
    issuer: read('ISSUER') ?? settings.ISSUER.default,
    logLevel,
  }
}

function countriesOf(text = ''): readonly string[] {
  const list = text
    .split(',')
    .map((one) => one.trim().toUpperCase())
    .filter((one) => one !== '')
  const wrong = list.find((one) => !/^[A-Z]{2}$/.test(one))
  if (wrong !== undefined)
    throw new SettingUnusable(`PHONE_COUNTRIES has "${wrong}", but must list countries by two letters, like DE,AT,CH.`)
  return list
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new SettingUnusable(`PUBLIC_URL is "${text}", but must be like https://id.example.org, with nothing behind the host and port.`)
  }
  return url.origin
}

function inbox(setting: string | undefined, hasMail: boolean, publicUrl: string, mode: string | undefined): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(publicUrl).hostname)
  if (setting !== undefined && setting !== 'on' && setting !== 'off')
    throw new SettingUnusable(`INBOX is "${setting}", but must be on or off.`)
  if (setting === 'on' && (mode === 'production' || !isLoopback)) {
    throw new SettingUnusable(
      'INBOX=on shows everybody the mails of all people, so it works neither with NODE_ENV=production nor on a public PUBLIC_URL.',
    )
  }
  return setting === undefined ? !hasMail && isLoopback && mode !== 'production' : setting === 'on'
}
