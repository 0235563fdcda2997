/** A server under test as a process of its own, and what can be seen of it without load. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** From starting the process to its first answer. */
  readonly readySeconds: number
  stop(): Promise<void>
}

/** @throws {Error} when the process ends, or half a minute passes, before it answers */
export async function startServer(args: readonly string[], port: number, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await untilAnswering(child, port).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    pid: child.pid as number,
    port,
    readySeconds: (performance.now() - startedAt) / 1000,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await once(child, 'exit')
      clearTimeout(patience)
    },
  }
}

async function untilAnswering(child: ChildProcess, port: number): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/api/v1/session`)).arrayBuffer()
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server under test ended with ${child.exitCode}`, { cause: error })
      if (performance.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Bytes of a page and of the styles, scripts and pictures it names, as they come when nothing is compressed. */
export async function pageBytes(address: string): Promise<number> {
  const bytesOf = async (from: string) => {
    const response = await fetch(from, { headers: { accept: 'text/html,*/*', 'accept-encoding': 'identity' } })
    if (!response.ok) throw new Error(`${from} answered ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  }
  const page = await bytesOf(address)
  const loaded = [...page.toString('utf8').matchAll(/<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"/g)]
    .map((match) => new URL(match[1] as string, address).href)
    .filter((href) => href.startsWith('http'))
  const parts = await Promise.all([...new Set(loaded)].map(bytesOf))
  return [page, ...parts].reduce((sum, part) => sum + part.length, 0)
}
