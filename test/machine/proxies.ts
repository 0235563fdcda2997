import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { installWithApt } from './apt.ts'

export const proxyNames = ['nginx', 'caddy', 'haproxy'] as const
export type ProxyName = (typeof proxyNames)[number]

export interface RunningProxy {
  readonly name: ProxyName
  /** As the program says it of itself. */
  readonly version: string
  readonly port: number
  output(): string
  stop(): Promise<void>
}

/** What stands in the guide's configuration, and what a test puts in its place. */
export interface ProxyWish {
  readonly port: number
  /** Port of the portal behind it, and of Countersign. */
  readonly portal: number
  readonly countersign: number
  readonly clientId: string
}

const guide = resolve(import.meta.dirname, '../../docs/guides/forward-auth')
const startWithinMs = 10_000

/**
 * A real reverse proxy with the configuration of the guide, on loopback and without TLS, as a user that is not root; it belongs to the
 * caller until `stop`. What the machine does not have is installed where that is possible.
 */
export async function startProxy(name: ProxyName, wish: ProxyWish): Promise<RunningProxy> {
  const program = find(name)
  const home = mkdtempSync(join(tmpdir(), `countersign-${name}-`))
  const account = standIn()
  const [file, ...others] = configurations[name]
  const text = adapted(name, readFileSync(join(guide, file), 'utf8'), wish, home)
  writeFileSync(join(home, file), text)
  for (const other of others) cpSync(join(guide, other), join(home, other))
  for (const folder of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi', 'config', 'data']) mkdirSync(join(home, folder))
  if (account) spawnSync('chown', ['-R', `${account.uid}:${account.gid}`, home])
  chmodSync(home, 0o755)
  if (account) chownSync(home, account.uid, account.gid)
  let said = ''
  const child = spawn(program, argumentsOf[name](join(home, file), home), {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let isEnded = false
  child.once('exit', () => {
    isEnded = true
  })
  child.once('error', (error) => {
    isEnded = true
    said += error.message
  })
  const stop = async () => {
    process.off('exit', kill)
    await end(child)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const until = Date.now() + startWithinMs; !(await answers(wish.port)); await pause(50)) {
    if (!isEnded && Date.now() < until) continue
    await stop()
    throw new Error(`${name} did not start: ${said.slice(0, 2_000)}`)
  }
  return { name, version: versionOf(name, program), port: wish.port, output: () => said, stop }
}

const configurations = { nginx: ['nginx.conf'], caddy: ['Caddyfile'], haproxy: ['haproxy.cfg', 'countersign.lua'] } as const

const argumentsOf: Readonly<Record<ProxyName, (file: string, home: string) => readonly string[]>> = {
  nginx: (file, home) => ['-p', home, '-c', file, '-e', 'stderr'],
  caddy: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
  haproxy: (file) => ['-db', '-f', file],
}

/** The configuration of the guide, with other ports and without its certificate, in the frame that the program wants around it. */
function adapted(name: ProxyName, text: string, { port, portal, countersign, clientId }: ProxyWish, home: string): string {
  const own = text
    .replaceAll('CLIENT-ID', clientId)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${portal}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${countersign}`)
  switch (name) {
    case 'nginx': {
      const server = own.replace('listen 443 ssl;', `listen 127.0.0.1:${port};`).replaceAll(/^\s*ssl_certificate.*$/gm, '')
      const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (one) => `${one}_temp_path ${join(home, one.replace('client_', ''))};`,
      )
      return `daemon off;\nworker_processes 1;\npid ${join(home, 'pid')};\nevents {}\nhttp {\naccess_log off;\n${folders.join('\n')}\n${server}\n}\n`
    }
    case 'caddy':
      return `{\n\tadmin off\n\tauto_https off\n}\n${own.replace(/^portal\.example\.org \{/m, `http://:${port} {\n\tbind 127.0.0.1`)}`
    case 'haproxy':
      return own.replace('/etc/haproxy/countersign.lua', join(home, 'countersign.lua')).replace(/bind :443 .*$/m, `bind 127.0.0.1:${port}`)
  }
}

/** @throws {Error} where the machine has none and none can be installed */
function find(name: ProxyName): string {
  const failures: string[] = []
  const look = () =>
    [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']
      .map((folder) => join(folder, name))
      .find((path) => existsSync(path))
  const found = look() ?? (installWithApt(name === 'nginx' ? 'nginx-light' : name, failures) ? look() : undefined)
  if (!found) throw new Error(`No ${name} here. Install it${failures.length > 0 ? ` (${failures.join('; ')})` : ''}.`)
  return found
}

function versionOf(name: ProxyName, program: string): string {
  const asked = spawnSync(program, [name === 'caddy' ? 'version' : '-v'], { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(`${asked.stdout}${asked.stderr}`)?.[0] ?? ''
}

/** Root's stand-in: none of them is run as root here. */
function standIn(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? []
  if (uid === undefined || gid === undefined) throw new Error('This machine has no user nobody to run a proxy as.')
  return { uid: Number(uid), gid: Number(gid) }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    const told = (isThere: boolean) => {
      socket.destroy()
      done(isThere)
    }
    socket.once('connect', () => told(true))
    socket.once('error', () => told(false))
  })
}

async function end(child: ChildProcess): Promise<void> {
  for (const [signal, patience] of [
    ['SIGTERM', 2_000],
    ['SIGKILL', 1_000],
  ] as const) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    child.kill(signal)
    await Promise.race([new Promise((gone) => child.once('exit', gone)), pause(patience, undefined, { ref: false })])
  }
}
