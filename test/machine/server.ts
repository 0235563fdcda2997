import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const root = resolve(import.meta.dirname, '../..')

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly url: string
  /** What it has printed so far. */
  output(): string
  /** Waits until it has printed this, five seconds at most, and gives what the first group matched. */
  says(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** A port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Runs the command line as an operator does, with these settings and no others. */
export function runMain(
  command: string,
  settings: Readonly<Record<string, string>>,
): { readonly child: ChildProcess; output(): string; readonly ended: Promise<Ended> } {
  // What was compiled once is not compiled anew at each start, of which the tests make hundreds.
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'src/main.ts'), command], {
    cwd: root,
    env: { PATH, HOME, ...(NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}), ...settings },
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      process.off('exit', end)
      done({ code, signal, stdout, stderr })
    })
  })
  return { child, output: () => stdout + stderr, ended }
}

/** A server on a loopback port, once it says that it is ready. */
export async function serve(settings: Readonly<Record<string, string>>): Promise<Running> {
  const port = settings.PORT ?? String(await freePort())
  const { child, output, ended } = runMain('serve', { LOG_LEVEL: 'warn', ...settings, PORT: port })
  const running: Running = {
    url: `http://127.0.0.1:${port}`,
    output,
    says: async (pattern) => {
      for (let waited = 0; waited < 5000; waited += 20) {
        const match = pattern.exec(output())
        if (match) return match[1] ?? ''
        await pause(20)
      }
      throw new Error(`It does not say ${pattern}: ${output()}`)
    },
    kill: (signal) => void child.kill(signal),
    ended,
  }
  await new Promise<void>((ready, failed) => {
    const look = () => output().includes('Countersign is ready') && ready()
    child.stdout?.on('data', look)
    void ended.then(({ code, stderr }) => failed(new Error(`The server ended with ${code}: ${stderr}`)))
  })
  return running
}

/** A browser as far as cookies and the proof against forgery go, over a real socket. */
export interface Visitor {
  readonly cookies: Map<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape.
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly json: any }>
}

export function visitor(url: () => string, cookies: Map<string, string> = new Map()): Visitor {
  let csrf = ''
  return {
    cookies,
    call: async (method, path, body) => {
      const reply = await fetch(url() + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
          ...(csrf ? { 'x-csrf-token': csrf } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.text()
      for (const line of reply.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      const json = String(reply.headers.get('content-type')).includes('json') && text !== '' ? JSON.parse(text) : undefined
      if (typeof json?.csrfToken === 'string') csrf = json.csrfToken
      return { status: reply.status, json }
    },
  }
}
