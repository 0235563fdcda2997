import type { Store } from './store.ts'

/** As many statements of one kind as are under way at once: the database works on one while the other one travels. */
const mostAtOnce = 2
const mostTogether = 100

interface Waiting<Question, Answer> {
  readonly question: Question
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * Lets many ask the same thing with few statements. Whoever asks while nothing is under way is asked for at once; those who come while it
 * is go together into the next statement, which begins after the last of them has come, so that each is told what holds then. Whatever
 * fails fails for all who were in it.
 *
 * @param ask gives an answer for each question, in their order
 */
export function gathered<Question, Answer>(
  ask: (store: Pick<Store, 'read'>, questions: readonly Question[]) => Promise<readonly Answer[]>,
): (store: Pick<Store, 'read'>, question: Question) => Promise<Answer> {
  const queues = new WeakMap<object, { underWay: number; waiting: Waiting<Question, Answer>[] }>()
  const go = async (store: Pick<Store, 'read'>, queue: { underWay: number; waiting: Waiting<Question, Answer>[] }): Promise<void> => {
    queue.underWay++
    while (queue.waiting.length > 0) {
      const together = queue.waiting.splice(0, mostTogether)
      try {
        const answers = await ask(
          store,
          together.map(({ question }) => question),
        )
        together.forEach(({ resolve }, at) => {
          resolve(answers[at] as Answer)
        })
      } catch (error) {
        for (const { reject } of together) reject(error)
      }
    }
    queue.underWay--
  }
  return (store, question) =>
    new Promise((resolve, reject) => {
      const queue = queues.get(store) ?? { underWay: 0, waiting: [] }
      queues.set(store, queue)
      queue.waiting.push({ question, resolve, reject })
      if (queue.underWay < mostAtOnce) void go(store, queue)
    })
}

/** What belongs to each of so many questions, of rows that say to which they do, from 1 on. */
export function sorted<Row extends { readonly at: number }>(rows: readonly Row[], count: number): readonly (readonly Row[])[] {
  const found: Row[][] = Array.from({ length: count }, () => [])
  for (const row of rows) found[row.at - 1]?.push(row)
  return found
}
