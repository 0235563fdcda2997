import { Box, Button, Group, Modal, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { createContext, type ReactNode, use, useCallback, useEffect, useState } from 'react'
import { applicationWords } from '#words/en/applications.ts'
import { words } from '#words/en/console.ts'
import { type Change, type Choice, type Intent, leaveToSignIn, make, Problem, queryClient, start } from './api.ts'
import { CopyField } from './copy-field.tsx'

interface RunOptions {
  /** Answers true where the page tells the problem itself. */
  readonly onProblem?: (problem: Problem) => boolean
  /** What the server answered, before everything is read again. */
  readonly onDone?: (reply: unknown) => void
  /** How the change is carried out where that is not one question and one answer. */
  readonly carryOut?: (change: Change) => Promise<unknown>
}
type Run = (change: Change, options?: RunOptions) => Promise<boolean>

const RunContext = createContext<Run | undefined>(undefined)

const pendingKey = 'countersign.pending'
const pendingLifetimeMs = 10 * 60 * 1000

function keepPending(change: Change): void {
  sessionStorage.setItem(pendingKey, JSON.stringify({ change, at: Date.now() }))
}

/** The change that was interrupted by the question for a proof; forgotten as soon as it is read, or when it is old. */
function takePending(): Change | undefined {
  const kept = sessionStorage.getItem(pendingKey)
  sessionStorage.removeItem(pendingKey)
  if (kept === null) return undefined
  const { change, at } = JSON.parse(kept) as { change: Change; at: number }
  return Date.now() - at < pendingLifetimeMs ? change : undefined
}

const closeButtonProps = { 'aria-label': words.close }

export function tell(sentence: string): void {
  notifications.show({ message: sentence, color: 'green', icon: <IconCheck size={18} aria-hidden />, closeButtonProps })
}

export function tellProblem(problem: unknown): void {
  notifications.show({
    title: words.states.changeFailed,
    message: problem instanceof Problem ? problem.message : words.states.unknown,
    color: 'red',
    icon: <IconAlertTriangle size={18} aria-hidden />,
    autoClose: 12_000,
    closeButtonProps,
  })
}

/**
 * Runs every change of the Console: tells how it ended, reads everything again, and where the server wants a fresh proof
 * explains that, sends the person to give it, and offers to go on afterwards.
 *
 * @param returned what the person comes back from, by the address they came back to
 */
export function ChangesProvider({ returned, children }: { readonly returned: string | undefined; readonly children: ReactNode }) {
  const [unproved, setUnproved] = useState<Change>()
  const [resumed, setResumed] = useState<Change>()
  const [shown, setShown] = useState<NonNullable<Change['shows']> & { readonly text: string }>()
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    const pending = takePending()
    if (returned === 'confirm' && pending) setResumed(pending)
    else if (returned !== undefined && words.returned[returned] !== undefined) tell(words.returned[returned])
  }, [returned])

  const run: Run = useCallback(async (change, { onProblem, onDone, carryOut = make } = {}) => {
    try {
      const reply = (await carryOut(change)) as Readonly<Record<string, unknown>> | undefined
      onDone?.(reply)
      if (change.leave !== undefined) {
        window.location.assign(change.leave)
        return true
      }
      if (change.done !== undefined) tell(change.done)
      const text = change.shows && reply?.[change.shows.field]
      if (change.shows && typeof text === 'string') setShown({ ...change.shows, text })
      if (change.then) await start(change.then, '/settings').catch(tellProblem)
      await queryClient.invalidateQueries()
      return true
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      // What was on show is no longer so; show what is before telling.
      if (problem.status === 409) await queryClient.invalidateQueries()
      if (problem.code === 'not-signed-in') leaveToSignIn()
      else if (problem.code === 'proof-required' || problem.code === 'second-step-required') setUnproved(change)
      else if (!onProblem?.(problem)) tellProblem(problem)
      return false
    }
  }, [])

  const confirm = async (change: Change) => {
    setBusy(true)
    if (change.isSecret !== true && change.isFollowed !== true) keepPending(change)
    await start('confirm', window.location.pathname).catch(tellProblem)
    setBusy(false)
  }

  const resume = async (change: Change) => {
    setBusy(true)
    await run(change)
    setBusy(false)
    setResumed(undefined)
  }

  return (
    <RunContext value={run}>
      {children}
      {/* Above the dialog that the change was asked in. */}
      <Modal opened={unproved !== undefined} onClose={() => setUnproved(undefined)} title={words.proof.title} zIndex={300}>
        <Text>{words.proof.what}</Text>
        {unproved?.isSecret === true && <Text mt="xs">{words.proof.notKept}</Text>}
        <Group className="buttons" justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setUnproved(undefined)}>
            {words.cancel}
          </Button>
          <Button loading={isBusy} onClick={() => unproved && confirm(unproved)} data-autofocus>
            {words.proof.action}
          </Button>
        </Group>
      </Modal>
      <Modal opened={resumed !== undefined} onClose={() => setResumed(undefined)} title={words.proof.resumeTitle}>
        <Text c="dimmed">{words.proof.resumeWhat}</Text>
        <Text mt="xs">{resumed?.says}</Text>
        <Group className="buttons" justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setResumed(undefined)}>
            {words.proof.resumeCancel}
          </Button>
          <Button loading={isBusy} onClick={() => resumed && resume(resumed)} data-autofocus>
            {words.continue}
          </Button>
        </Group>
      </Modal>
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown?.title}
        closeOnClickOutside={false}
        closeOnEscape={false}
        withCloseButton={false}
      >
        <Text>{shown?.what}</Text>
        {shown?.isCopied === true ? (
          <Box my="lg">
            <CopyField label={applicationWords.secret} text={shown.text} />
          </Box>
        ) : (
          <Text ff="monospace" fz="h1" ta="center" my="lg" className="spelled">
            {shown?.text}
          </Text>
        )}
        <Group className="buttons" justify="flex-end">
          <Button onClick={() => setShown(undefined)} data-autofocus>
            {shown?.close}
          </Button>
        </Group>
      </Modal>
    </RunContext>
  )
}

/**
 * The way to change something. `run` answers whether it was done; when not, the person has been told already, unless
 * `onProblem` took that over by answering true.
 */
export function useChange(): { readonly run: Run; readonly isBusy: boolean } {
  const inner = use(RunContext)
  const [running, setRunning] = useState(0)
  if (!inner) throw new Error('useChange needs a ChangesProvider above')
  const run: Run = async (change, options) => {
    setRunning((count) => count + 1)
    try {
      return await inner(change, options)
    } finally {
      setRunning((count) => count - 1)
    }
  }
  return { run, isBusy: running > 0 }
}

/** Leaves for the pages that prove who somebody is, to do there what the intent says. */
export function useStart(): (intent: Intent, options?: { readonly returnTo?: string; readonly choice?: Choice }) => Promise<void> {
  return useCallback((intent, { returnTo = '/settings', choice } = {}) => start(intent, returnTo, choice).catch(tellProblem), [])
}
