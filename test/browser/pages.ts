import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../machine/chromium.ts'

let browser: Promise<Browser> | undefined
let users = 0
const lingering = 2000

/** The one Chromium of this process. It ends a little after its last user, so that the next test file need not start another. */
async function takeBrowser(): Promise<Browser> {
  users += 1
  browser ??= chromium.launch({ executablePath: findChromium().path })
  return browser
}

function leaveBrowser(): void {
  users -= 1
  setTimeout(async () => {
    const left = browser
    if (users > 0 || !left) return
    browser = undefined
    await (await left).close()
  }, lingering).unref()
}

/** Pages on machines of their own: no two that are open share a cookie, a store or a permission. */
export interface Pages {
  open(options?: BrowserContextOptions): Promise<Page>
  /** Takes all of them back, and gives what any of them complained of since: a blocked script or style, an exception, a missing file. */
  takeBack(): Promise<readonly string[]>
  close(): Promise<void>
}

interface Lent {
  readonly context: BrowserContext
  readonly page: Page
  readonly wish: string
  /** Set once somebody has changed more about it than can be undone. */
  isSpent: boolean
}

/**
 * Pages at `origin`. To start a page costs as much as to walk three of them, so one that is taken back is lent again, with nothing left
 * of who had it: neither cookies nor stores. It keeps its cache of files, as every browser does.
 */
export async function openPages(origin: string): Promise<Pages> {
  const chromium = await takeBrowser()
  const idle: Lent[] = []
  let lent: Lent[] = []
  let complaints: string[] = []

  const begin = async (options: BrowserContextOptions, wish: string): Promise<Lent> => {
    const context = await chromium.newContext({ baseURL: origin, locale: 'en-US', reducedMotion: 'reduce', ...options })
    // What takes a second takes twenty where others work on the machine, too; only a test that fails waits this long.
    context.setDefaultTimeout(30_000)
    context.on('weberror', (error) => complaints.push(`${error.error()}`))
    context.on('console', (message) => {
      const isRefusal = /^Failed to load resource: .* status of 4\d\d/.test(message.text()) && !message.location().url.includes('/assets/')
      if (message.type() === 'error' && !isRefusal) complaints.push(`${message.location().url}: ${message.text()}`)
    })
    const page = await context.newPage()
    const one: Lent = { context, page, wish, isSpent: false }
    const spend = () => {
      one.isSpent = true
    }
    onUse(context, ['route', 'grantPermissions', 'newCDPSession', 'addInitScript', 'setOffline', 'setExtraHTTPHeaders'], spend)
    onUse(page, ['route', 'addInitScript', 'exposeFunction', 'setExtraHTTPHeaders', 'close'], spend)
    onUse(page.clock, ['install', 'setFixedTime', 'setSystemTime'], spend)
    return one
  }

  /** Leaves the page at an address without any script, as if nobody had been there; what does not work out is closed. */
  const clean = async (one: Lent): Promise<void> => {
    const { context, page } = one
    try {
      if (one.isSpent) return await context.close()
      await Promise.all(context.pages().map((other) => (other === page ? undefined : other.close())))
      await page.goto('/healthz')
      await context.clearCookies()
      await page.evaluate('localStorage.clear(); sessionStorage.clear()')
      await page.mouse.move(0, 0)
      idle.push(one)
    } catch {
      await context.close()
    }
  }

  return {
    open: async (options = {}) => {
      const wish = JSON.stringify(options)
      const known = idle.findIndex((one) => one.wish === wish)
      const [one] = known < 0 ? [await begin(options, wish)] : idle.splice(known, 1)
      if (!one) throw new Error('A page that was there is gone.')
      lent.push(one)
      if (known >= 0) {
        await one.page.setViewportSize(options.viewport ?? { width: 1280, height: 720 })
        const { colorScheme = 'light', reducedMotion = 'reduce', forcedColors = 'none' } = options
        await one.page.emulateMedia({ colorScheme, reducedMotion, forcedColors, media: null })
      }
      return one.page
    },
    takeBack: async () => {
      const back = lent
      lent = []
      // What a page says stands before what it answers, so that nothing it said so far is missed.
      await Promise.all(back.map(({ context }) => context.cookies()))
      const told = complaints
      await Promise.all(back.map(clean))
      complaints = []
      return told
    },
    close: async () => {
      await Promise.all([...lent, ...idle].map(({ context }) => context.close()))
      leaveBrowser()
    },
  }
}

/** Tells when one of these functions is called. */
function onUse(thing: object, names: readonly string[], tell: () => void): void {
  for (const name of names) {
    const own: unknown = Reflect.get(thing, name)
    if (typeof own !== 'function') throw new Error(`There is no ${name}.`)
    Reflect.set(thing, name, (...given: unknown[]) => {
      tell()
      return Reflect.apply(own, thing, given)
    })
  }
}
