import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { codeOf as codeOfApp } from '../../demo/client.ts'
import { findChromium } from '../machine/chromium.ts'
import { freePort } from '../machine/server.ts'
import { giveCode, givePassword } from './browser.ts'

/** The installation of `npm run demo`, as somebody has started it, and browsers to walk in it. */
export interface Demo {
  /** What the demo has printed. */
  readonly said: string
  readonly port: number
  readonly password: string
  /** Where the simulated Duo is. */
  readonly duo: string
  /** A page in a browser of its own, at the question for the password, in the look of a host. */
  at(host?: string): Promise<Page>
  /** The same with an address of one's own. */
  open(address: string): Promise<Page>
  /** Somebody who has given their password on a page of their own. */
  enter(email: string): Promise<Page>
  /** Somebody with an app, who is in. */
  signIn(email: string): Promise<Page>
  /** What an app shows that was given the key in the printed table. */
  codeOf(email: string): string
  /** What `npm run demo -- code EMAIL` says. */
  askCode(email: string): SpawnSyncReturns<string>
  /** What lies in its folder for what is thrown away. */
  leftBehind(): readonly string[]
  /** Ends it as Ctrl+C does. @returns how it ended */
  end(): Promise<number | null>
  /** Closes the browser, and ends what still runs. */
  close(): Promise<void>
}

const root = resolve(import.meta.dirname, '../..')
const node = ['--disable-warning=ExperimentalWarning', join(root, 'demo/main.ts')]
const hosts: Readonly<Record<string, string>> = { 'provider.example': 'localhost', 'example.org': 'localhost' }

export async function openDemo(): Promise<Demo> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-of-a-test-'))
  const env = { ...process.env, PORT: String(port), TMPDIR: folder }
  const child: ChildProcess = spawn(process.execPath, node, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env })
  let said = ''
  const ready = new Promise<void>((done, failed) => {
    const listen = (part: Buffer) => {
      said += part.toString()
      if (said.includes('Ctrl+C ends it')) done()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', (code) => failed(new Error(`The demo ended with ${code}: ${said}`)))
  })
  const browser: Browser = await chromium.launch({ executablePath: findChromium().path })
  await ready
  const open = async (address: string) => {
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ignoreHTTPSErrors: true })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    await page.goto(address)
    return page
  }
  const password = /Everybody's password: (.*)/.exec(said)?.[1] ?? ''
  const at = (host = 'localhost') => open(`http://${host}:${port}/sign-in`)
  const enter = async (email: string) => {
    const domain = email.split('@')[1] ?? ''
    const page = await at(hosts[domain] ?? `${domain.split('.')[0]}.localhost`)
    await givePassword(page, { email, password })
    return page
  }
  const codeOf = (email: string) => {
    const key = said
      .split('\n')
      .find((line) => line.startsWith(`${email} `))
      ?.split(' ')
      .at(-1)
    assert.match(key ?? '', /^[A-Z2-7]{32}$/, `no key of ${email} is in the table`)
    return codeOfApp(key ?? '', new Date())
  }
  const end = async () => {
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    child.kill('SIGINT')
    return ended
  }
  return {
    said,
    port,
    password,
    duo: /(https:\/\/localhost:\d+)\/phone/.exec(said)?.[1] ?? '',
    at,
    open,
    enter,
    codeOf,
    signIn: async (email) => {
      const page = await enter(email)
      await giveCode(page, codeOf(email))
      await page.waitForURL((url) => url.pathname === '/')
      return page
    },
    askCode: (email) => spawnSync(process.execPath, [...node, 'code', email], { cwd: root, encoding: 'utf8', env }),
    leftBehind: () => readdirSync(folder),
    end,
    close: async () => {
      await browser.close()
      if (child.exitCode === null) await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
