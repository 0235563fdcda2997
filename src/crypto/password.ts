import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { Problem } from '#domain/problem.ts'

/** argon2id with the least cost that OWASP's Password Storage sheet names. Raise it here; rows follow at the next sign-in. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const marks = `m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}`

/** Longer input is refused before any work is done. */
export const longestPassword = { codePoints: 256, bytes: 1024 } as const

/** Whose hash is computed first when there are more than the cores can take. */
export type Precedence = 'recognized' | 'unknown'

/**
 * Hashes and checks passwords, a bounded number at a time.
 *
 * The text is brought to NFKC and never trimmed, folded or cut. The hash is keyed with a secret outside the database. People
 * on recognised devices go first and have a queue of their own, so that a flood of strangers does not keep them out.
 */
export interface Passwords {
  hash(password: string): Promise<string>
  /** With no hash (an unknown account) the same work is done and the answer is false. @throws {Problem} `busy` */
  verify(hash: string | undefined, password: string, precedence: Precedence): Promise<boolean>
  /** Whether the hash was made with a lower cost than today's. */
  isOutdated(hash: string): boolean
}

export interface PasswordsOptions {
  readonly secret: Buffer
  /** Hashes handed to the thread pool at once; twice the cores when absent, so that no thread waits for the next one. */
  readonly atOnce?: number
  /** Hashes that may wait, per queue; one more is answered `busy`. */
  readonly waiting?: number
}

export function openPasswords({ secret, atOnce = 2 * availableParallelism(), waiting = 256 }: PasswordsOptions): Passwords {
  const queues: Readonly<Record<Precedence, (() => void)[]>> = { recognized: [], unknown: [] }
  let running = 0
  let absent: Promise<string> | undefined

  const next = () => {
    running -= 1
    const start = queues.recognized.shift() ?? queues.unknown.shift()
    if (start) start()
  }
  const take = async <T>(precedence: Precedence, work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (queues[precedence].length >= waiting) throw new Problem('busy', { retryAfterSeconds: 5 })
      await new Promise<void>((resolve) => queues[precedence].push(resolve))
    }
    running += 1
    try {
      return await work()
    } finally {
      next()
    }
  }
  const options = { ...cost, secret }
  const compute = (password: string) => hash(password.normalize('NFKC'), options)

  return {
    hash: (password) => take('recognized', () => compute(password)),
    verify: (stored, password, precedence) =>
      take(precedence, async () => {
        absent ??= compute('nobody has this password')
        const isRight = await verify(stored ?? (await absent), password.normalize('NFKC'), options)
        return isRight && stored !== undefined
      }),
    isOutdated: (stored) => !stored.includes(marks),
  }
}
