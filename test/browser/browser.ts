import assert from 'node:assert/strict'
import jsqr from 'jsqr'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { PNG } from 'pngjs'
import { type Client, type Kit, type KitOptions, openKit, type Person } from '../kit.ts'
import { freePort } from '../machine/server.ts'
import { openPages } from './pages.ts'

export interface BrowserKit {
  readonly kit: Kit
  readonly origin: string
  /** A browser of its own, as on another machine, at an address of the kit. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>
  /** The same for a person who has signed in already; `client` asks the API in the same session. */
  openAs(person: Person, path: string, options?: BrowserContextOptions): Promise<{ readonly page: Page; readonly client: Client }>
  /** Takes every browser back, and fails when one of them complained: a blocked script or style, an exception, a missing file. */
  tidy(): Promise<void>
  close(): Promise<void>
}

const chromeOnLinux = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

export interface BrowserKitOptions extends KitOptions {
  /** People come by the name of this machine rather than by its numbers, as passkeys ask. */
  readonly isNamed?: boolean
}

/** A kit that listens on a port of this machine, and a Chromium to look at it with. What a hash costs is no business of its pages. */
export async function openBrowserKit({ isNamed = false, ...options }: BrowserKitOptions = {}): Promise<BrowserKit> {
  // It listens where its own addresses lead to, so that a browser and a portal find it by them.
  const port = options.publicUrl === undefined ? await freePort() : Number(new URL(options.publicUrl).port)
  const publicUrl = `http://${isNamed ? 'localhost' : '127.0.0.1'}:${port}`
  const kit = await openKit({ remembersHashes: true, publicUrl, ...options })
  const address = await kit.app.listen({ port, host: '127.0.0.1' })
  const origin = isNamed ? publicUrl : address
  const pages = await openPages(origin)

  const open: BrowserKit['open'] = async (path, wish) => {
    const page = await pages.open(wish)
    if (path !== '') await page.goto(path)
    return page
  }

  return {
    kit,
    origin,
    open,
    openAs: async (person, path, wish) => {
      const client = kit.client()
      const { call } = client
      client.call = (method, path, body, headers) => call(method, path, body, { 'user-agent': chromeOnLinux, ...headers })
      await kit.signIn(person, client)
      const page = await open('', wish)
      await page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: origin })))
      await page.goto(path)
      return { page, client }
    },
    tidy: async () => assert.deepEqual(await pages.takeBack(), [], 'the browser complained'),
    close: async () => {
      await pages.close()
      await kit.close()
    },
  }
}

/** Waits until it can be seen. */
export const see = (thing: Locator): Promise<void> => thing.first().waitFor()

/** Waits until it can no longer be seen. */
export const gone = (thing: Locator): Promise<void> => thing.first().waitFor({ state: 'hidden' })

/** What stands in it, the parts for screen readers included. */
export const said = async (thing: Locator): Promise<string> => (await thing.textContent()) ?? ''

export const heading = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { name, exact: true })

/** Gives the password on the page "Log in". */
export async function givePassword(page: Page, { email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Log In', exact: true }).click()
}

/** Types a code; with a script the page sends it at the sixth digit. */
export async function giveCode(page: Page, code: string): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByLabel('Authentication Code', { exact: true }).fill(code)
  await answered
  await page.waitForLoadState()
}

// The package's types describe another module system than its code is in.
const decodeQr = jsqr as unknown as typeof jsqr.default

/** What a phone's camera reads from the page. */
export async function scan(page: Page): Promise<URL> {
  const image = PNG.sync.read(await page.getByRole('img', { name: 'QR code' }).screenshot())
  const found = decodeQr(new Uint8ClampedArray(image.data), image.width, image.height)
  assert.ok(found, 'no camera could read this QR code')
  return new URL(found.data)
}

/** Sets up the app as a person does: scans, types the code, saves the backup codes. Ends on the page that follows them. */
export async function setUpApp(kit: Kit, page: Page, person: Person): Promise<void> {
  person.key = (await scan(page)).searchParams.get('secret') ?? ''
  await giveCode(page, kit.code(person))
  await keepCodes(page, person)
}

export async function keepCodes(page: Page, person: Partial<Person>): Promise<void> {
  await see(heading(page, 'Save your backup codes'))
  person.backupCodes = await page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allInnerTexts()
  await page.getByLabel('I have saved these codes').check()
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** Opens the menu at the top right, which is named after the person. */
export async function accountMenu(page: Page, { name }: Pick<Person, 'name'>): Promise<Locator> {
  await page.getByRole('banner').getByRole('button', { name, exact: true }).click()
  return page.getByRole('menu')
}

/** Opens the three dots of a person in the list of users. */
export async function actionsMenu(page: Page, { name }: Pick<Person, 'name'>): Promise<Locator> {
  await page.getByRole('row').filter({ hasText: name }).getByRole('button', { name: 'Actions' }).click()
  return page.getByRole('menu')
}

/** The path behind the newest link that was mailed to somebody. */
export async function linkIn(kit: Kit, email: string): Promise<string> {
  const [address] = (await kit.mailsTo(email)).flatMap(({ text }) => /https?:\/\/\S+/.exec(text)?.[0] ?? [])
  assert.ok(address, `no link was mailed to ${email}`)
  return new URL(address).pathname
}
