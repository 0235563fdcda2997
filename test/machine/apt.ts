import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const minutes = 60_000

let isUpdated = false

/**
 * Installs a package of Debian, as root there; elsewhere nothing is tried, because what Ubuntu calls chromium is a wrapper around another
 * installer, which a container cannot run. Unless it `updates`, it goes by what apt knows of its packages already.
 * @returns whether it is there now; why not is added to the failures
 */
export function installWithApt(name: string, failures: string[], { updates = true }: { readonly updates?: boolean } = {}): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || !existsSync('/etc/debian_version')) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const steps = [
    ...(isUpdated || !updates ? [] : [['update', '-qq']]),
    ['install', '-y', '-qq', '--no-install-recommends', '--no-upgrade', name],
  ]
  for (const step of steps) {
    const run = spawnSync('apt-get', step, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], timeout: 4 * minutes })
    if (run.status !== 0) {
      failures.push(`apt-get ${step[0]} failed (${reason(run)})`)
      return false
    }
    if (updates) isUpdated = true
  }
  return true
}

/** What a program said before it failed, in one line. */
export function reason(run: Pick<SpawnSyncReturns<string>, 'error' | 'stderr'>): string {
  const lines = (run.stderr ?? '').split('\n').map((line) => line.trim())
  return run.error?.message ?? lines.find((line) => /^E(rror)?:/.test(line)) ?? lines.find(Boolean) ?? 'without a word'
}
