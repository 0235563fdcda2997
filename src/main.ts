import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { type Config, readConfig, SettingUnusable } from '#config'
import { type Keys, keysFrom, newKey } from '#crypto/keys.ts'
import { openPasswords } from '#crypto/password.ts'
import { openDoor } from '#delivery/door.ts'
import { openInbox } from '#delivery/inbox.ts'
import { openGateways } from '#delivery/settings.ts'
import { openTransports } from '#delivery/stored.ts'
import { allFactors } from '#factors/all.ts'
import { outside } from '#factors/outside.ts'
import { startSealing } from '#flows/audit.ts'
import { startDuoCleanUp } from '#flows/duo-users.ts'
import { hasMailGateway } from '#flows/gateways.ts'
import { startQueue } from '#flows/messages.ts'
import { rotateSigningKey } from '#flows/oidc-keys.ts'
import { startLogouts } from '#flows/oidc-logouts.ts'
import { startResets } from '#flows/organization-reset-work.ts'
import { offerSetUp } from '#flows/recovery.ts'
import type { Rooms } from '#flows/rooms.ts'
import { startSweep } from '#flows/sweep.ts'
import { openServer } from '#http/server.ts'
import { walkChain } from '#store/audit-chain.ts'
import { claimKey, keyFingerprint } from '#store/organizations.ts'
import { openStore, type Store, StoreUnusable } from '#store/store.ts'
import { wordsFor } from '#words/words.ts'

const usage = `countersign COMMAND

  serve        start the server (npm start)
  migrate      bring the database up to date and stop
  settings     list all settings and what each is for
  rotate-keys  have a new key sign the tokens of OpenID Connect, from a day from now
  verify       see whether the audit is what was written (--head HASH: and whether it still holds a head noted earlier)

Settings are environment variables; docs/configuration.md explains each.`

/** Something that the operator can put right, said in one sentence. */
class CannotStart extends Error {}

// Passwords are hashed in Node's thread pool, as many at once as there are cores; more threads would only hold more memory.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())
if (existsSync('.env')) process.loadEnvFile('.env')
const [command = 'serve'] = process.argv.slice(2)
try {
  if (command === 'serve') await serve(readConfig(process.env))
  else if (command === 'migrate') await migrate(readConfig(process.env))
  else if (command === 'settings') await listSettings()
  else if (command === 'verify') await verify(readConfig(process.env), process.argv.slice(3))
  else if (command === 'rotate-keys') await rotateKeys(readConfig(process.env))
  else throw new CannotStart(`There is no command "${command}".\n\n${usage}`)
} catch (error) {
  const isExpected = error instanceof CannotStart || error instanceof SettingUnusable || error instanceof StoreUnusable
  console.error(isExpected ? error.message : error)
  process.exit(1)
}

async function serve(config: Config): Promise<void> {
  const now = () => new Date()
  const store = await openStore({
    ...(config.databaseUrl ? { databaseUrl: config.databaseUrl } : {}),
    dataDir: lockedDataDir(config),
    poolSize: config.databasePool,
  })
  const keys = await prepare(store, config)
  const inbox = config.inbox ? openInbox(now) : undefined
  let onMessage = () => {}
  let onReset = () => {}
  let onLeft = () => {}
  let onRules: Rooms['onRules']
  const rooms: Rooms = {
    store,
    keys,
    passwords: openPasswords({ secret: keys.password }),
    factors: allFactors({ now, random: randomBytes, issuer: config.issuer, key: keys.code, sentKey: keys.sent }),
    now,
    publicUrl: config.publicUrl,
    recommendedApp: config.recommendedApp,
    ...(config.supportContact ? { supportContact: config.supportContact } : {}),
    gateways: openGateways(config.delivery, inbox, now),
    transports: openTransports(config.delivery, config.publicUrl, now),
    listedHosts: config.delivery.allowedHosts.map((host) => host.toLowerCase()),
    outside: outside(openDoor({ allowedHosts: config.delivery.allowedHosts }).fetch),
    phoneCountries: config.phoneCountries,
    onMessage: () => onMessage(),
    onReset: () => onReset(),
    onLeft: () => onLeft(),
    onRules: (concerned) => onRules?.(concerned),
  }
  const app = await openServer({
    rooms,
    csrfKey: keys.csrf,
    logLevel: config.logLevel,
    trustedProxies: config.trustedProxies,
    consoleDir: join(import.meta.dirname, '../dist/console'),
    ...(inbox ? { inbox: () => inbox } : {}),
  })
  const connections = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new CannotStart(`Port ${config.port} on ${config.host} is taken. Stop what uses it, or set PORT to another one.`)
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES' || error.code === 'ENOTFOUND') {
      throw new CannotStart(`Cannot listen on ${config.host}:${config.port} (${error.code}). Check HOST and PORT.`)
    }
    throw error
  })
  const log = (error: unknown, what: string) => app.log.error({ err: error }, what)
  const queue = startQueue(rooms, log)
  onMessage = queue.wake
  if (!(await hasMailGateway(rooms)))
    console.log('No mails are sent: set SMTP_URL, or a mail server under Company Settings, Messages. They wait in the queue until then.')

  const sealing = startSealing(rooms, log)
  const stopSweep = startSweep(rooms, log)
  const resets = startResets(rooms, log)
  const logouts = startLogouts(rooms, log)
  onReset = resets.wake
  onRules = logouts.ruled
  const duoCleanUp = startDuoCleanUp(rooms, log)
  onLeft = duoCleanUp.wake

  console.log(`Countersign is ready on ${config.publicUrl} with ${store.engine}.`)
  const address = await offerSetUp(rooms)
  if (address) console.log(`Set it up here (works once, for a day; a restart prints a new one):\n  ${address}`)
  if (inbox) console.log(`What has no gateway is not sent but shown at ${config.publicUrl}/inbox`)

  let isStopping = false
  const stop = async () => {
    if (isStopping) return
    isStopping = true
    // A connection whose last request ends after this moment would be kept alive, and the process with it; and one that a browser has
    // opened ahead and never used would be waited for, for a minute.
    const idle = setInterval(() => {
      app.server.closeIdleConnections()
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
    }, 50)
    await app.close()
    clearInterval(idle)
    stopSweep()
    await resets.stop()
    await duoCleanUp.stop()
    await logouts.stop()
    await queue.stop()
    await sealing.stop().catch((error: unknown) => log(error, 'the audit could not be sealed'))
    await store.close()
    unlock(config)
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
}

async function migrate(config: Config): Promise<void> {
  const store = await openStore({ ...(config.databaseUrl ? { databaseUrl: config.databaseUrl } : {}), dataDir: lockedDataDir(config) })
  const done = await store.migrate()
  console.log(done.length > 0 ? `Applied ${done.join(', ')}.` : 'The database was up to date.')
  await store.close()
  unlock(config)
}

/** Walks the audit's chain. Ends with 1 where it is not what was written. */
async function verify(config: Config, options: readonly string[]): Promise<void> {
  const noted = options[0] === '--head' ? options[1] : undefined
  if (options.length > 0 && (noted === undefined || options.length > 2)) throw new CannotStart(`verify takes --head HASH and nothing else.`)
  const store = await openStore({ ...(config.databaseUrl ? { databaseUrl: config.databaseUrl } : {}), dataDir: lockedDataDir(config) })
  try {
    if (!(await store.isReady())) throw new CannotStart('The database has not been brought up to date. Run "migrate" first.')
    const { isWhole, sentences } = wordsFor().audit.verified(await walkChain(store, (await prepare(store, config)).audit, noted), noted)
    for (const sentence of sentences) console.log(sentence)
    if (!isWhole) process.exitCode = 1
  } finally {
    await store.close()
    unlock(config)
  }
}

/** Has a new key take over in a day, instead of when the one that signs is ninety days old. */
async function rotateKeys(config: Config): Promise<void> {
  const store = await openStore({ ...(config.databaseUrl ? { databaseUrl: config.databaseUrl } : {}), dataDir: lockedDataDir(config) })
  try {
    if (!(await store.isReady())) throw new CannotStart('The database has not been brought up to date. Run "migrate" first.')
    const next = await rotateSigningKey({ store, keys: await prepare(store, config), now: () => new Date() })
    if (next)
      console.log(`The key ${next.id} signs from ${next.signsFrom.toISOString()}; applications find it at ${config.publicUrl}/oidc/jwks.`)
  } finally {
    await store.close()
    unlock(config)
  }
}

async function listSettings(): Promise<void> {
  const { settings } = await import('#config')
  for (const [name, { default: without, says }] of Object.entries(settings)) console.log(`${name} (${without || 'none'})\n  ${says}`)
}

/** Brings the database up to date and opens the key that belongs to it. A database is never used with another key. */
async function prepare(store: Store, { keyFile }: Config): Promise<Keys> {
  await store.migrate()
  const known = await keyFingerprint(store.db)
  if (!existsSync(keyFile)) {
    if (known !== undefined) {
      throw new CannotStart(
        `The key file ${keyFile} is missing, and this database was sealed with it. Put it back from your backup, or set KEY_FILE.`,
      )
    }
    mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 })
    writeFileSync(keyFile, `${newKey()}\n`, { mode: 0o600, flag: 'wx' })
  }
  let keys: Keys
  try {
    keys = keysFrom(readFileSync(keyFile, 'utf8'))
  } catch (cause) {
    throw new CannotStart(`The key file ${keyFile} cannot be read: it must hold 32 bytes in base64url on one line.`, { cause })
  }
  if ((await claimKey(store.db, keys.fingerprint, new Date())) !== keys.fingerprint) {
    throw new CannotStart(`The key file ${keyFile} does not belong to this database. Put the right one there, or set KEY_FILE.`)
  }
  return keys
}

function lockOf(config: Config): string {
  return join(config.dataDir, 'countersign.pid')
}

/** The data folder, held by this process alone while the embedded database is in it. */
function lockedDataDir(config: Config): string {
  if (config.databaseUrl) return config.dataDir
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    const held = existsSync(lockOf(config)) ? Number(readFileSync(lockOf(config), 'utf8')) : 0
    if (held !== process.pid && isRunning(held))
      throw new CannotStart(
        `The data folder ${config.dataDir} is in use by another Countersign (process ${held}). Stop it, or set DATA_DIR.`,
      )
    writeFileSync(lockOf(config), String(process.pid))
  } catch (error) {
    if (error instanceof CannotStart) throw error
    throw new CannotStart(`The data folder ${config.dataDir} cannot be written: ${(error as Error).message}. Set DATA_DIR to one that can.`)
  }
  return config.dataDir
}

function unlock(config: Config): void {
  if (!config.databaseUrl) rmSync(lockOf(config), { force: true })
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
