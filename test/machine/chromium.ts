import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { installWithApt, reason } from './apt.ts'

export type Chromium = {
  path: string
  /** As the program itself says it, `156.0.8078.79`. */
  version: string
  /** Where it came from, as a phrase for the log. */
  from: string
}

/** The same engine without the frame of a desktop's browser around it, which takes half of what a test of a page costs. */
const shells = ['chromium-headless-shell', 'chrome-headless-shell', 'headless_shell']
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const applications = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
const minutes = 60_000

/**
 * A Chromium that answers to `--version`: the one `CHROMIUM` names, an installed one, one that apt installs (as root on Debian), or
 * one that playwright-core downloads. A headless shell goes before a whole one, and where apt knows it, is installed beside it.
 * `TEST_CHROMIUM_FROM` (`env`, `system`, `apt`, `download`) looks in that one place only, so that each way can be tried on a machine
 * that has a Chromium already.
 */
export function findChromium(): Chromium {
  const only = process.env.TEST_CHROMIUM_FROM
  const may = (place: string) => !only || only === place
  const given = process.env.CHROMIUM
  if (given && may('env')) {
    const found = asked(given, 'CHROMIUM')
    if (found) return found
    throw new Error(`CHROMIUM names ${given}, which does not start. Correct it, or unset it and an installed one is looked for.`)
  }
  const failures: string[] = []
  const found =
    (may('system') && (installed(shells) || (!only && shellBesideWhole()) || installed(names))) ||
    (may('apt') && fromApt(failures)) ||
    (may('download') && (downloaded() || download(failures)))
  if (found) return found
  throw new Error(
    `No Chromium for the browser tests: ${failures.join('; ') || 'none is installed'}. Install chromium, or name one in CHROMIUM.`,
  )
}

function installed(called: readonly string[]): Chromium | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter).filter(Boolean)]
  const paths = called.flatMap((name) => folders.map((folder) => join(folder, name)))
  for (const path of new Set([...paths, ...(called === names && platform() === 'darwin' ? applications : [])])) {
    const found = asked(path, path)
    if (found) return found
  }
  return undefined
}

/** Asks apt for what it knows already, and for no news: where that fails, the whole one that is there does as well, only slower. */
function shellBesideWhole(): Chromium | undefined {
  return installed(names) && installWithApt('chromium-headless-shell', [], { updates: false }) ? installed(shells) : undefined
}

function fromApt(failures: string[]): Chromium | undefined {
  for (const name of ['chromium-headless-shell', 'chromium']) {
    if (!installWithApt(name, failures)) continue
    const found = installed([name])
    if (found) return { ...found, from: 'installed with apt-get' }
    failures.push(`apt-get installed ${name}, and it does not start`)
  }
  return undefined
}

function download(failures: string[]): Chromium | undefined {
  const program = resolve(import.meta.dirname, '../../node_modules/.bin/playwright-core')
  const run = spawnSync(program, ['install', 'chromium-headless-shell'], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 4 * minutes,
  })
  if (run.status !== 0) {
    failures.push(`playwright-core could not download one (${reason(run)})`)
    return undefined
  }
  const found = downloaded()
  if (!found) failures.push('playwright-core downloaded one, and it does not start (its system libraries may be missing)')
  return found
}

/** The newest headless Chromium in the folder where playwright-core keeps its downloads. */
function downloaded(): Chromium | undefined {
  const usual = platform() === 'darwin' ? join(homedir(), 'Library/Caches') : process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH || join(usual, 'ms-playwright')
  if (!existsSync(cache)) return undefined
  const versions = readdirSync(cache).filter((name) => name.startsWith('chromium_headless_shell-'))
  versions.sort((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]))
  for (const version of versions) {
    for (const build of readdirSync(join(cache, version), { withFileTypes: true })) {
      for (const program of ['chrome-headless-shell', 'headless_shell']) {
        const found = build.isDirectory() && asked(join(cache, version, build.name, program), 'downloaded by playwright-core')
        if (found) return found
      }
    }
  }
  return undefined
}

function asked(path: string, from: string): Chromium | undefined {
  if (!existsSync(path)) return undefined
  const run = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  const version = /\d+(?:\.\d+)+/.exec(run.stdout ?? '')?.[0]
  return run.status === 0 && version ? { path, version, from } : undefined
}

if (import.meta.main) {
  const { path, version, from } = findChromium()
  console.log(`Chromium ${version} at ${path} (${from})`)
}
