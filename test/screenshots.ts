import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { PNG } from 'pngjs'
import { openBrowserKit } from './browser/browser.ts'
import { type Look, tourConsole, tourPrompt } from './browser/tour.ts'
import { tourNames } from './browser/tour-names.ts'
import { buildConsole } from './machine/console-build.ts'

/**
 * Takes a picture of every page in every state, on a desk and on a phone, light and dark: `npm run screenshots`. Words after it
 * narrow the pictures to the pages with one of them in their name. Three of them stand in the README.
 */
const folder = resolve(import.meta.dirname, '../docs/screenshots')
const wanted = process.argv.slice(2)
const forReadme: Readonly<Record<string, string>> = { 'sign-in': 'readme-sign-in', enroll: 'readme-set-up', users: 'readme-console' }
const sizes = [
  { device: 'desk', width: 1280, height: 800 },
  { device: 'phone', width: 390, height: 844 },
] as const

const trouble = buildConsole()
if (trouble) throw new Error(trouble)
if (wanted.length === 0 && existsSync(folder)) {
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

const at = await openBrowserKit()
try {
  await tourPrompt(at, look)
  await tourConsole(at, look)
  await tourNames(at, look)
  await at.tidy()
} finally {
  await at.close()
}
const files = readdirSync(folder).filter((file) => file.endsWith('.png'))
const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
console.log(`${files.length} pictures, ${(bytes / 1_000_000).toFixed(1)} MB, in ${folder}`)

function save(name: string, image: Buffer): void {
  writeFileSync(join(folder, `${name}.png`), withPalette(image))
}

/** The picture with its most frequent colours and of the others those that can be told apart: a quarter of the size. */
function withPalette(image: Buffer): Buffer {
  const { width, height, data } = PNG.sync.read(image)
  const pixels = new Uint32Array(width * height)
  const counts = new Map<number, number>()
  for (let index = 0; index < pixels.length; index++) {
    const color = (data.readUInt8(index * 4) << 16) | (data.readUInt8(index * 4 + 1) << 8) | data.readUInt8(index * 4 + 2)
    pixels[index] = color
    counts.set(color, (counts.get(color) ?? 0) + 1)
  }
  const palette: number[] = []
  for (const [color] of [...counts].sort(([, one], [, other]) => other - one)) {
    const isGround = palette.length < 32
    if (isGround || (palette.length < 256 && palette.every((other) => distance(color, other) > 300))) palette.push(color)
  }
  const places = new Map(palette.map((color, place) => [color, place]))
  const rows = Buffer.alloc((width + 1) * height)
  for (const [index, color] of pixels.entries()) {
    let place = places.get(color)
    if (place === undefined) {
      place = nearest(palette, color)
      places.set(color, place)
    }
    rows[Math.floor(index / width) * (width + 1) + 1 + (index % width)] = place
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const colors = Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', colors),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND'),
  ])
}

function nearest(palette: readonly number[], color: number): number {
  return palette.reduce((best, other, place) => (distance(other, color) < distance(palette[best] ?? 0, color) ? place : best), 0)
}

function distance(one: number, other: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0)
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}
