import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.ts'

export type Oathtool = {
  /** As the program itself says it, `2.6.7`. */
  version: string
  /** Where it came from, as a phrase for the log. */
  from: string
}

/** The program that our codes are compared with: an installed one, or one that apt installs (as root on Debian). */
export function findOathtool(): Oathtool {
  const failures: string[] = []
  const found = installed()
  if (found) return { version: found, from: 'installed' }
  const brought = installWithApt('oathtool', failures) ? installed() : undefined
  if (brought) return { version: brought, from: 'installed with apt-get' }
  throw new Error(`No oathtool, so that one comparison is skipped: ${failures.join('; ') || 'install it'}.`)
}

function installed(): string | undefined {
  const run = spawnSync('oathtool', ['--version'], { encoding: 'utf8', timeout: 20_000 })
  return run.status === 0 ? /\d+(?:\.\d+)+/.exec(run.stdout)?.[0] : undefined
}
