/** A record of a file of comma-separated values, and the line that it begins on, counted from one. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

export type Csv = { readonly records: readonly CsvRecord[] } | { readonly brokenAtLine: number }

const delimiters = [',', ';', '\t'] as const

/**
 * Reads comma-separated values as RFC 4180 writes them, and as spreadsheets do: with or without a byte order mark, with
 * semicolons or tabs instead of commas, with any kind of line end. Empty lines are passed over. A quote that is never closed, or
 * text behind a closed one, breaks the file at the line where the field begins.
 */
export function readCsv(input: string): Csv {
  const text = input.replace(/^\uFEFF/, '')
  const delimiter = delimiterOf(text)
  const records: CsvRecord[] = []
  let [line, at] = [1, 0]
  while (at < text.length) {
    const begin = line
    const fields: string[] = []
    for (let isOpen = true; isOpen; ) {
      let field: string
      if (text[at] === '"') {
        const start = line
        field = ''
        for (;;) {
          const end = text.indexOf('"', at + 1)
          if (end < 0) return { brokenAtLine: start }
          const part = text.slice(at + 1, end)
          line += part.match(/\r\n|\n|\r/g)?.length ?? 0
          field += part
          at = end + 1
          if (text[at] !== '"') break
          field += '"'
        }
        if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') return { brokenAtLine: start }
      } else {
        const start = at
        while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++
        field = text.slice(start, at)
      }
      fields.push(field.trim())
      isOpen = text[at] === delimiter
      if (isOpen) at++
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    if (fields.some((field) => field !== '')) records.push({ line: begin, fields })
  }
  return { records }
}

/** The delimiter that the first line has most of, outside of quotes. */
function delimiterOf(text: string): string {
  const [head = ''] = text.replace(/"[^"]*"/g, '').split(/[\r\n]/)
  const count = (one: string) => head.split(one).length
  return delimiters.reduce<string>((most, one) => (count(one) > count(most) ? one : most), ',')
}
