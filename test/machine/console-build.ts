import { spawnSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const built = join(root, 'dist/console/index.html')

/** What the build is made of, besides the packages. */
const sources = [
  'console/**/*.{ts,tsx,html,css,svg,json}',
  'src/contract/**/*.ts',
  'src/words/**/*.ts',
  'docs/walk-through.png',
  'package-lock.json',
]

/** Whether `dist/console` is there and newer than all that it is made of. Where only the build was shipped, it is. */
export function consoleBuildIs(): 'current' | 'older' | 'missing' {
  if (!existsSync(join(root, 'console/vite.config.ts'))) return 'current'
  if (!existsSync(built)) return 'missing'
  const made = statSync(built).mtimeMs
  return globSync(sources, { cwd: root }).some((file) => statSync(join(root, file)).mtimeMs > made) ? 'older' : 'current'
}

/** Builds the Console unless it is current; the sentence says what is wrong where that was not possible. */
export function buildConsole(): string | undefined {
  const state = consoleBuildIs()
  if (state === 'current') return undefined
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) return `The Console's build is ${state}, and vite is not installed: run npm ci, then npm run build.`
  console.log(`The Console's build is ${state}; building it.`)
  const options = ['build', '--config', join(root, 'console/vite.config.ts'), '--logLevel', 'warn']
  const run = spawnSync(process.execPath, [vite, ...options], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return run.status === 0 ? undefined : 'The Console could not be built; what vite said stands above.'
}

if (import.meta.main) {
  const trouble = buildConsole()
  if (trouble) {
    console.error(trouble)
    // An older Console still serves; none at all would be a server that shows an empty page.
    process.exitCode = consoleBuildIs() === 'missing' ? 1 : 0
  }
}
