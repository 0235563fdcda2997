// Plain JavaScript, because it is what is there before any TypeScript can be read.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../node_modules/.cache/countersign', import.meta.url))

/**
 * A file without its types. It is kept by what it was and by the Node that read it, so that only the first start after a change takes the types
 * off: what does that costs a start a quarter of a second, and the process 26 MiB for good. Where nothing can be kept, each start does it anew.
 */
export function withoutTypes(source) {
  const file = join(folder, `${createHash('sha256').update(`${process.version}\n${source}`).digest('hex')}.js`)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const plain = stripTypeScriptTypes(source)
    keep(file, plain)
    return plain
  }
}

/** Whole or not at all: a process may die here, and several may start at once. */
function keep(file, text) {
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${file}.${process.pid}`, text)
    renameSync(`${file}.${process.pid}`, file)
  } catch {
    // The folder of the program belongs to somebody else: so be it.
  }
}
