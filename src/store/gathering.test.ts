import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gathered, sorted } from './gathering.ts'
import type { Run } from './store.ts'

/** Statements that end when the test says so. */
function slowly() {
  const asked: { readonly questions: readonly number[]; readonly end: (error?: Error) => void }[] = []
  const ask = gathered<number, string>(
    (_store, questions) =>
      new Promise((resolve, reject) => {
        asked.push({ questions, end: (error) => (error ? reject(error) : resolve(questions.map((one) => `answer ${one}`))) })
      }),
  )
  return { asked, ask }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const read: Run = async () => []

describe('questions that are gathered', () => {
  test('whoever is alone is asked for at once; who comes while two statements are under way goes into the next one', async () => {
    const { asked, ask } = slowly()
    const store = { read }
    const answers = [1, 2, 3, 4, 5].map((question) => ask(store, question))
    assert.deepEqual(
      asked.map(({ questions }) => questions),
      [[1], [2]],
    )
    asked[0]?.end()
    await settled()
    assert.deepEqual(asked[2]?.questions, [3, 4, 5])
    const last = ask(store, 6)
    asked[1]?.end()
    await settled()
    assert.deepEqual(asked[3]?.questions, [6])
    for (const { end } of asked) end()
    assert.deepEqual(
      await Promise.all([...answers, last]),
      [1, 2, 3, 4, 5, 6].map((one) => `answer ${one}`),
    )
    await settled()
    void ask(store, 7)
    assert.deepEqual(asked[4]?.questions, [7])
  })

  test('a statement that fails fails for those who were in it, and the next ones are asked', async () => {
    const { asked, ask } = slowly()
    const store = { read }
    const outcomes = Promise.allSettled([1, 2, 3, 4].map((question) => ask(store, question)))
    asked[0]?.end(new Error('gone'))
    asked[1]?.end()
    await settled()
    asked[2]?.end(new Error('gone'))
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'fulfilled', 'rejected', 'rejected'],
    )
    const after = ask(store, 5)
    asked.at(-1)?.end()
    assert.equal(await after, 'answer 5')
  })

  test('what is asked of one database is not asked of another', async () => {
    const { asked, ask } = slowly()
    const stores = [{ read }, { read }]
    for (const store of stores) for (const question of [1, 2]) void ask(store, question)
    assert.equal(asked.length, 4)
  })

  test('rows go to the question that they say; what says none goes to nobody', () => {
    const rows = [{ at: 2 }, { at: 1 }, { at: 2 }, { at: 9 }, {} as { at: number }]
    assert.deepEqual(sorted(rows, 3), [[{ at: 1 }], [{ at: 2 }, { at: 2 }], []])
  })
})
