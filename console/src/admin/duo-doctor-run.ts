import { useCallback, useRef, useState } from 'react'
import type { DuoCureName, DuoDoctorLine, DuoNormalization } from '#contract/duo-doctor.ts'
import { makeLines, Problem } from '../api.ts'
import { useChange } from '../changes.tsx'

export type PersonLine = Extract<DuoDoctorLine, { line: 'person' }>
export type MergeLine = Extract<DuoDoctorLine, { line: 'merge' }>

/** How far a run of the key doctor is, and all that it has said. */
export interface Course {
  readonly state: 'running' | 'stopped' | 'done' | 'ended'
  readonly people: number
  /** Users of Duo that were read so far. */
  readonly read: number
  readonly persons: readonly PersonLine[]
  readonly merges: readonly MergeLine[]
  readonly cures: ReadonlyMap<string, DuoCureName>
  readonly reason?: string
  readonly said?: string
  readonly names?: { readonly prompt: DuoNormalization; readonly auth: DuoNormalization; readonly isAgreed: boolean }
}

const begun: Course = { state: 'running', people: 0, read: 0, persons: [], merges: [], cures: new Map() }

/** What is known after some more lines. */
function follow(course: Course, lines: readonly DuoDoctorLine[]): Course {
  const persons = [...course.persons]
  const merges = [...course.merges]
  const cures = new Map(course.cures)
  let next = course
  for (const line of lines) {
    if (line.line === 'begun') next = { ...next, people: line.people }
    else if (line.line === 'users') next = { ...next, read: line.read }
    else if (line.line === 'person') persons.push(line)
    else if (line.line === 'merge') merges.push(line)
    else if (line.line === 'alias') cures.set(line.person.id, line.cure)
    else if (line.line === 'done') next = { ...next, state: 'done', names: line }
    else next = { ...next, state: 'ended', reason: line.reason, ...(line.said === undefined ? {} : { said: line.said }) }
  }
  return { ...next, persons, merges, cures }
}

interface Order {
  readonly path: string
  readonly body: unknown
  readonly says: string
  /** Whether keys are in it. */
  readonly isSecret: boolean
  /** Answers true where the page tells the problem itself. */
  readonly onProblem?: (problem: Problem) => boolean
}

/** Runs the key doctor, and follows what it says line by line. Nothing of it is kept in the browser, least of all the keys. */
export function useCourse() {
  const { run } = useChange()
  const [course, setCourse] = useState<Course>()
  const stopper = useRef<AbortController>(undefined)

  const start = useCallback(
    async ({ path, body, says, isSecret, onProblem }: Order): Promise<boolean> => {
      const controller = new AbortController()
      stopper.current = controller
      const before = course
      setCourse(begun)
      const follows = (lines: readonly DuoDoctorLine[]) => setCourse((one) => follow(one ?? begun, lines))
      let hasBegun = false
      const isDone = await run(
        { method: 'POST', path, body, says, isSecret, isFollowed: true },
        {
          carryOut: async (change) => {
            const heard = (lines: readonly DuoDoctorLine[]) => {
              hasBegun = true
              follows(lines)
            }
            try {
              await makeLines(change, heard, controller.signal)
            } catch (problem) {
              if (!hasBegun || !(problem instanceof Problem)) throw problem
              follows([{ line: 'ended', reason: 'unreachable' }])
            }
          },
          ...(onProblem ? { onProblem } : {}),
        },
      )
      // An answer that stopped without its last line was cut off.
      if (isDone) setCourse((one) => (one?.state === 'running' ? { ...one, ...endOf(controller.signal) } : one))
      else setCourse(before)
      return isDone
    },
    [run, course],
  )
  const stop = useCallback(() => stopper.current?.abort(), [])
  const forget = useCallback(() => setCourse(undefined), [])
  return { course, start, stop, forget }
}

const endOf = ({ aborted }: AbortSignal): Pick<Course, 'state' | 'reason'> =>
  aborted ? { state: 'stopped' } : { state: 'ended', reason: 'unreachable' }
