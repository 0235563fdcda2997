/** How an organization looks to its people, in the Prompt and in mails. */
export interface Look {
  readonly name: string
  /** The color that was chosen, `#rrggbb`; what is shown is what {@link accentOf} makes of it. */
  readonly accent: string | null
  readonly supportContact: string | null
}

/** The shades of an accent in one scheme. White text is readable on the fills; links are readable on every ground. */
export interface Shades {
  readonly fill: string
  readonly hover: string
  readonly link: string
}

type Color = readonly [red: number, green: number, blue: number]

const white: Color = [255, 255, 255]
const black: Color = [0, 0, 0]
/** Of all grounds that a link may stand on, the one that is nearest to it: `--cs-sunken` of `tokens.css`. */
const grounds = { light: [0xf0, 0xf2, 0xf5], dark: [0x20, 0x26, 0x2e] } as const satisfies Record<string, Color>

/**
 * A color made readable in both schemes: WCAG 2.2 asks for 4.5:1 between text and ground (1.4.3) and 3:1 between a button and
 * what is around it (1.4.11). A color that has that already is left as it is; another is darkened or lightened until it has.
 */
export function accentOf(accent: string): { readonly light: Shades; readonly dark: Shades } {
  const color = read(accent)
  const light = toward(color, black, (one) => contrast(one, white) >= 4.5 && contrast(one, grounds.light) >= 4.5)
  const seen = toward(color, white, (one) => contrast(one, grounds.dark) >= 3)
  const dark = toward(seen, black, (one) => contrast(one, white) >= 4.5)
  const link = toward(color, white, (one) => contrast(one, grounds.dark) >= 4.5)
  const hover = (one: Color) => write(mix(one, black, 0.18))
  return {
    light: { fill: write(light), hover: hover(light), link: write(light) },
    dark: { fill: write(dark), hover: hover(dark), link: write(link) },
  }
}

export const isColor = (text: string): boolean => /^#[0-9a-f]{6}$/.test(text)

/** The nearest mixture with `end` that is good enough; the end itself always is. */
function toward(color: Color, end: Color, isGood: (one: Color) => boolean): Color {
  for (let part = 0; part < 100; part++) {
    const mixed = mix(color, end, part / 100)
    if (isGood(mixed)) return mixed
  }
  return end
}

const mix = (one: Color, other: Color, part: number): Color => [
  Math.round(one[0] + (other[0] - one[0]) * part),
  Math.round(one[1] + (other[1] - one[1]) * part),
  Math.round(one[2] + (other[2] - one[2]) * part),
]

const read = (text: string): Color => [
  Number.parseInt(text.slice(1, 3), 16),
  Number.parseInt(text.slice(3, 5), 16),
  Number.parseInt(text.slice(5, 7), 16),
]

const write = (color: Color): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`

function contrast(one: Color, other: Color): number {
  const [a, b] = [luminance(one), luminance(other)]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

const luminance = ([red, green, blue]: Color): number => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)

function linear(part: number): number {
  const share = part / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

export type LogoType = 'image/png' | 'image/jpeg' | 'image/webp'

const signatures: Readonly<Record<LogoType, RegExp>> = {
  'image/png': /^89504e470d0a1a0a/,
  'image/jpeg': /^ffd8ff/,
  'image/webp': /^52494646.{8}57454250/,
}

/** What an image is by its first bytes, whatever it is called. Undefined for all else, vector graphics among them. */
export function logoType(bytes: Uint8Array): LogoType | undefined {
  const start = [...bytes.subarray(0, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return (Object.keys(signatures) as LogoType[]).find((type) => signatures[type].test(start))
}
