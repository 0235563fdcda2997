import { crc32, deflateSync } from 'node:zlib'
import type { PNG } from 'pngjs'

/** The picture with its most frequent colours and of the others those that can be told apart: a quarter of the size. */
export function withPalette({ width, height, data }: Pick<PNG, 'width' | 'height' | 'data'>): Buffer {
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
