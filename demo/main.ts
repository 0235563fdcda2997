import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { codeOf, type Stage } from './client.ts'
import { type Services, startServices } from './services.ts'
import { password, type Story, tell } from './story.ts'

/**
 * `npm run demo` starts a throw-away Countersign with people in every state, prints who to sign in as, and leaves nothing behind when
 * it is ended. `npm run demo -- code EMAIL` prints the code that somebody's authenticator app would show now.
 *
 * The server is the real one, in a process and a folder of its own; what happened there was done through its API. All that is false is
 * its clock while the story is told.
 */
const root = resolve(import.meta.dirname, '..')
const stories = 3 * 86_400_000
const usualPort = '8090'
const port = process.env.PORT ?? usualPort
let offset = -stories
const now = () => new Date(Date.now() + offset)
/** Where a running demo leaves the keys of its people, for `code` to find. */
const cast = join(tmpdir(), `countersign-demo-${process.getuid?.() ?? 0}-${port}.json`)

type Keys = Readonly<Record<string, string>>

const [command, email] = process.argv.slice(2)
if (command === 'code') showCode(email ?? '')
else if (command === undefined) await play()
else {
  console.error('npm run demo starts the demo; npm run demo -- code EMAIL shows the code of somebody in it.')
  process.exit(1)
}

function showCode(of: string): void {
  let keys: Keys = {}
  try {
    keys = JSON.parse(readFileSync(cast, 'utf8')) as Keys
  } catch {
    console.error('No demo is running. Start one with npm run demo.')
    process.exit(1)
  }
  const key = keys[of.toLowerCase()]
  if (key === undefined) {
    console.error(`Nobody with an authenticator has the email "${of}". Try one of: ${Object.keys(keys).join(', ')}`)
    process.exit(1)
  }
  const now = new Date()
  console.log(`${codeOf(key, now)} (for ${30 - (Math.floor(now.getTime() / 1000) % 30)} more seconds)`)
}

async function play(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'))
  const services = await startServices(now, port === usualPort ? { duo: 8091, authAnvil: 8092 } : { duo: 0, authAnvil: 0 })
  const server = startServer(folder, services)
  const end = (code: number) => {
    server.child.kill('SIGTERM')
    server.child.once('exit', () => {
      rmSync(folder, { recursive: true, force: true })
      rmSync(cast, { force: true })
      process.exit(code)
    })
  }
  process.on('SIGINT', () => end(0))
  process.on('SIGTERM', () => end(0))
  try {
    console.log('Starting a Countersign of its own, and playing three days in it. This takes about half a minute.')
    const token = await server.setUpToken
    const story = await tell(stageOf(`http://127.0.0.1:${port}`, server.child, services), token)
    const keys: Keys = Object.fromEntries(
      story.roles.flatMap(({ player }) => (player.key === undefined ? [] : [[player.email, player.key]])),
    )
    writeFileSync(cast, JSON.stringify(keys), { mode: 0o600 })
    print(story, services)
    server.child.once('exit', (code) => {
      rmSync(folder, { recursive: true, force: true })
      rmSync(cast, { force: true })
      process.exit(code ?? 0)
    })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    end(1)
  }
}

function startServer(folder: string, { duo, authAnvil }: Services): { readonly child: ChildProcess; readonly setUpToken: Promise<string> } {
  const trusted = join(folder, 'simulators.pem')
  writeFileSync(trusted, `${duo.ca}\n${authAnvil.ca}`)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', join(root, 'demo/clock.ts'), join(root, 'src/main.ts'), 'serve'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: port,
        PUBLIC_URL: `http://localhost:${port}`,
        DATA_DIR: folder,
        DATABASE_URL: '',
        SMTP_URL: '',
        KEY_FILE: '',
        INBOX: 'on',
        LOG_LEVEL: 'error',
        NODE_ENV: 'development',
        PHONE_COUNTRIES: 'AT,CA,CH,DE,FR,GB,IE,NL,US',
        SUPPORT_CONTACT: 'help@provider.example',
        ALLOWED_HOSTS: `${duo.host},${authAnvil.host}`,
        NODE_EXTRA_CA_CERTS: trusted,
        DEMO_CLOCK_OFFSET: String(-stories),
      },
    },
  )
  const setUpToken = new Promise<string>((found, failed) => {
    let said = ''
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString()
      const token = /\/setup\/([A-Za-z0-9_-]{43})/.exec(said)?.[1]
      if (token) found(token)
    })
    child.once('exit', (code) => failed(new Error(`The server ended with ${code}, before it was ready.`)))
  })
  return { child, setUpToken }
}

/** The server, and its time, which is moved from here. */
function stageOf(origin: string, child: ChildProcess, services: Services): Stage {
  const move = async (to: number) => {
    offset = Math.min(0, to)
    const moved = new Promise((resolve) => child.once('message', resolve))
    child.send({ offset })
    await moved
  }
  return { origin, services, now, pass: (seconds) => move(offset + seconds * 1000), catchUp: () => move(0) }
}

function print({ roles, hosts, invitation, duoAdmin }: Story, { duo, authAnvil }: Services): void {
  const rows = roles.map(({ player, where, as, state }) => [player.email, where, as, state, player.key ?? '–'])
  const table = [['Email', 'Organization', 'Role', 'State', 'Key of the authenticator app'], ...rows]
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  console.log(`
Countersign is ready on http://localhost:${port}
${hosts.map((host) => `  and in the look of a site on http://${host}:${port}`).join('\n')}
  Mails, texts and calls are shown at http://localhost:${port}/inbox

Everybody's password: ${password}

${table
  .map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  .join('\n')}

The code of an app:  npm run demo -- code ${roles[1]?.player.email}
                     or type the key into an app of your own (account with key, time-based).
Simulated beside it, with certificates of this demo that your browser warns of once:
  Duo        ${duo.url}/phone has the phones, to approve or deny on, and scans QR codes by what they say
             ${duo.url}/panel is the Admin Panel: keys of the applications, and users
             ${duo.url} makes it misbehave
             Keys for SET UP ORGANIZATION 2FA: those of Lucerne Optics in the Admin Panel
             Admin API keys for the key doctor: ${duoAdmin.key}  ${duoAdmin.secret}
  AuthAnvil  ${authAnvil.url} makes it misbehave; the token of Carl: npm run demo -- code carl@contoso.example

An open invitation:  http://localhost:${port}/invitation/${invitation}

Ctrl+C ends it, and nothing of it is left. The tour stands in the README.`)
}
