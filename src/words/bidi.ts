const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
/** Characters that nobody sees and that turn what stands behind them. */
const turning = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const isolated = /\u2068[^\u2066-\u2069\u202a-\u202e]*\u2069/gu

/**
 * A name that may be Arabic or Hebrew, ready to stand in a sentence: what is written from right to left is set apart (FSI … PDI, UAX #9
 * §2.7), so that it neither takes the punctuation beside it along nor changes the order of the words around it. Other text stays as it is,
 * and so does a sentence in which this was done already.
 */
export function isolate(text: string): string {
  const open = text.replace(isolated, '')
  if (!rightToLeft.test(open) && open.search(turning) < 0) return text
  return `\u2068${text.replace(turning, '')}\u2069`
}

/** The same catalogue of sentences, in which each name that a sentence is given is set apart. */
export function isolating<T>(catalogue: T): T {
  return mapped(catalogue, (entry) =>
    typeof entry === 'function' ? (...given: unknown[]) => entry(...given.map((one) => mapped(one, apart))) : entry,
  ) as T
}

const apart = (entry: unknown) => (typeof entry === 'string' ? isolate(entry) : entry)

/** The same lists and plain objects with each entry that is none of them changed. */
function mapped(entry: unknown, change: (entry: unknown) => unknown): unknown {
  if (Array.isArray(entry)) return entry.map((one) => mapped(one, change))
  if (typeof entry !== 'object' || entry === null || Object.getPrototypeOf(entry) !== Object.prototype) return change(entry)
  return Object.fromEntries(Object.entries(entry).map(([name, one]) => [name, mapped(one, change)]))
}
