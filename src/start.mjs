// `node --import=./src/start.mjs src/main.ts` reads the server's files without their types: see without-types.mjs. Without it Node does the same.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { withoutTypes } from './without-types.mjs'

const own = new URL('.', import.meta.url).href

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(own) || !url.endsWith('.ts')) return nextLoad(url, context)
    return { format: 'module', shortCircuit: true, source: withoutTypes(readFileSync(fileURLToPath(url), 'utf8')) }
  },
})
