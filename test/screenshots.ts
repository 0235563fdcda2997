import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { PNG } from 'pngjs'
import { start as startAuthAnvil } from '../simulators/authanvil.ts'
import { type BrowserKit, openBrowserKit } from './browser/browser.ts'
import { cast, type Look, tourConsole, tourPrompt } from './browser/tour.ts'
import { tourApplications } from './browser/tour-applications.ts'
import { tourAuthAnvil } from './browser/tour-authanvil.ts'
import { tourDuoDoctor } from './browser/tour-duo-doctor.ts'
import { tourDuoPrompt } from './browser/tour-duo-prompt.ts'
import { tourDuoPush } from './browser/tour-duo-push.ts'
import { tourDuoSettings } from './browser/tour-duo-settings.ts'
import { tourForwardAuth } from './browser/tour-forward-auth.ts'
import { tourNames } from './browser/tour-names.ts'
import { tourPasskeys } from './browser/tour-passkeys.ts'
import { tourReset } from './browser/tour-reset.ts'
import { tourSecondFactor } from './browser/tour-second-factor.ts'
import { type DuoKit, openWithDuo } from './duo-kit.ts'
import { buildConsole } from './machine/console-build.ts'
import { withPalette } from './machine/palette.ts'

/**
 * Takes a picture of every page in every state, on a desk and on a phone, light and dark: `npm run screenshots`. Words after it
 * narrow the pictures to the pages with one of them in their name, and words such as `tour-duo-push` the tours. Three of the pictures
 * stand in the README.
 */
const folder = resolve(import.meta.dirname, '../docs/screenshots')
const typed = process.argv.slice(2)
const wantedTours = typed.filter((word) => word.startsWith('tour-'))
const wanted = typed.filter((word) => !wantedTours.includes(word))
const forReadme: Readonly<Record<string, string>> = { 'sign-in': 'readme-sign-in', enroll: 'readme-set-up', users: 'readme-console' }
const sizes = [
  { device: 'desk', width: 1280, height: 800 },
  { device: 'phone', width: 390, height: 844 },
] as const

const trouble = buildConsole()
if (trouble) throw new Error(trouble)
if (typed.length === 0 && existsSync(folder)) {
  for (const file of readdirSync(folder)) if (file.endsWith('.png')) rmSync(join(folder, file))
}
mkdirSync(folder, { recursive: true })

const look: Look = async (name, page) => {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) return
  const hasLayer = (await page.getByRole('dialog').or(page.getByRole('menu')).count()) > 0
  for (const { device, width, height } of sizes) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const options = { fullPage: !hasLayer, animations: 'disabled', caret: 'hide' } as const
      save(`${name}.${device}.${colorScheme}`, await page.screenshot(options))
      const shop = forReadme[name]
      if (shop && device === 'desk' && colorScheme === 'light') save(shop, await page.screenshot({ ...options, fullPage: false }))
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

/** A browser kit with the simulators beside it that a tour needs, and what ends them. */
interface Scene {
  readonly at: BrowserKit
  readonly tours: Readonly<Record<string, () => Promise<void>>>
  readonly stop?: () => Promise<void>
}

const scenes: readonly { readonly names: readonly string[]; readonly open: () => Promise<Scene> }[] = [
  {
    names: ['prompt', 'console', 'reset', 'forward-auth', 'second-factor', 'names', 'passkeys', 'applications'],
    open: async () => {
      const at = await openBrowserKit({ isNamed: true })
      return {
        at,
        tours: {
          prompt: () => tourPrompt(at, look),
          console: () => tourConsole(at, look),
          reset: () => tourReset(at, look),
          'forward-auth': () => tourForwardAuth(at, look),
          'second-factor': () => tourSecondFactor(at, look, cast(at)),
          names: () => tourNames(at, look),
          passkeys: () => tourPasskeys(at, look),
          applications: () => tourApplications(at, look),
        },
      }
    },
  },
  // Each tour of Duo has an installation of its own: what one sets for the provider would be seen in the next.
  besideDuo('duo-settings', (at, { duo }) => tourDuoSettings(at, duo, look)),
  besideDuo('duo-prompt', (at, duoKit) => tourDuoPrompt(at, duoKit, look)),
  besideDuo('duo-push', (at, { duo }) => tourDuoPush(at, duo, look)),
  besideDuo('duo-doctor', (at, { duo }) => tourDuoDoctor(at, duo, look)),
  {
    names: ['authanvil'],
    open: async () => {
      const server = await startAuthAnvil()
      setDefaultCACertificates([...getCACertificates('default'), server.ca])
      const at = await openBrowserKit({ delivery: { allowedHosts: [new URL(server.url).hostname] } })
      return { at, tours: { authanvil: () => tourAuthAnvil(at, server, look) }, stop: () => server.stop() }
    },
  },
]

function besideDuo(name: string, tour: (at: BrowserKit, duoKit: DuoKit) => Promise<void>): (typeof scenes)[number] {
  return {
    names: [name],
    open: async () => {
      const { opened: at, duoKit } = await openWithDuo(
        (delivery) => openBrowserKit({ delivery }),
        ({ kit }) => kit,
      )
      return { at, tours: { [name]: () => tour(at, duoKit) }, stop: () => duoKit.duo.stop() }
    },
  }
}

const isWanted = (tour: string) => wantedTours.length === 0 || wantedTours.includes(`tour-${tour}`)
for (const { names, open } of scenes) {
  if (!names.some(isWanted)) continue
  const { at, tours, stop } = await open()
  try {
    for (const [name, tour] of Object.entries(tours)) if (isWanted(name)) await tour()
    await at.tidy()
  } finally {
    await at.close()
    await stop?.()
  }
}
const files = readdirSync(folder).filter((file) => file.endsWith('.png'))
const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
console.log(`${files.length} pictures, ${(bytes / 1_000_000).toFixed(1)} MB, in ${folder}`)

function save(name: string, image: Buffer): void {
  writeFileSync(join(folder, `${name}.png`), withPalette(PNG.sync.read(image)))
}
