import { AsyncResource } from 'node:async_hooks'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'

/**
 * One of the processes that work off the test files of a circle: each file is a suite of its name, so what it does before and after
 * its tests is done around them, and the next file begins when it has ended. Whoever comes first takes a file, which the
 * folder `TEST_TAKEN` shows to the others. The files of a process share the modules and the embedded database, and no more: each
 * opens a kit of its own and closes it.
 */
const { TEST_FILES = '[]', TEST_TAKEN = '', TEST_PATIENCE = '' } = process.env
const files: string[] = JSON.parse(TEST_FILES)
/** Where suites are made beside each other, not within the one that has just ended. */
const outermost = new AsyncResource('test files')

let at = 0
function begin(): void {
  while (at < files.length && !take(at)) at += 1
  const file = files[at]
  if (file === undefined) {
    // A file that leaves a connection or a timer behind has still been judged by its tests. What was said of them needs a moment to get
    // out: ended at once, as Node's own --test-force-exit does, a process that is not listened to quickly enough loses its last words.
    setTimeout(() => process.exit(), 3000).unref()
    return
  }
  outermost.runInAsyncScope(() =>
    suite(file, { timeout: Number(TEST_PATIENCE) }, async () => {
      try {
        await import(pathToFileURL(file).href)
      } catch (error) {
        test('can be loaded', () => {
          throw error
        })
      }
      after(begin)
    }),
  )
}

/** Whether the file is this process's to run; a folder is made by one process only. */
function take(index: number): boolean {
  try {
    mkdirSync(join(TEST_TAKEN, String(index)))
    return true
  } catch {
    return false
  }
}

begin()
