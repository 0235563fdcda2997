import { Anchor, Button, Group, List, Menu, Modal, Progress, Stack, Text } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { BulkAction, BulkOutcome, Member, Members } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { peopleWords } from '#words/en/people.ts'
import { make, membersPage, Problem, queryClient, start } from '../api.ts'
import { useWho } from '../who.tsx'
import type { UserFilter } from './user-filters.tsx'

const say = peopleWords.bulk
const pendingKey = 'countersign.bulk'
const pendingLifetimeMs = 10 * 60 * 1000
const batchSize = 50
const shownRefusals = 100

/** An action on many people, and how far it has come: plain data, so that it outlives the detour through "Confirm that it is you". */
export interface BulkWork {
  readonly organizationId: string
  readonly action: BulkAction['action']
  /** Everybody who matches, or the people chosen one by one. */
  readonly whom: { readonly filter: UserFilter } | { readonly chosen: readonly Pick<Member, 'id' | 'name'>[] }
  readonly total: number
  /** Where in the list the next batch of a filter begins. */
  readonly cursor: string
  readonly done: number
  readonly refused: readonly { readonly name: string; readonly reason: string }[]
}

/** The work that the question for a proof interrupted, unless it is old. It is forgotten when it goes on or is dropped. */
export function interruptedWork(organizationId: string): BulkWork | undefined {
  const kept = sessionStorage.getItem(pendingKey)
  if (kept === null) return undefined
  const { work, at } = JSON.parse(kept) as { work: BulkWork; at: number }
  return Date.now() - at < pendingLifetimeMs && work.organizationId === organizationId ? work : undefined
}

const treated = ({ done, refused }: BulkWork) => done + refused.length

/** Treats the next fifty. Answers the work as it stands then, and whether nobody is left. */
async function next(work: BulkWork): Promise<{ readonly work: BulkWork; readonly isOver: boolean }> {
  const at = `/organizations/${work.organizationId}/users`
  let people: readonly Pick<Member, 'id' | 'name'>[]
  let cursor = ''
  if ('chosen' in work.whom) people = work.whom.chosen.slice(treated(work), treated(work) + batchSize)
  else {
    const page: Members = await membersPage(work.organizationId, work.whom.filter, work.cursor, batchSize)
    people = page.users
    cursor = page.nextCursor ?? ''
  }
  if (people.length === 0) return { work, isOver: true }
  const body: BulkAction = { action: work.action, users: people.map(({ id }) => id) }
  const { results } = (await make({ method: 'POST', path: `${at}/actions`, body })) as BulkOutcome
  const names = new Map(people.map(({ id, name }) => [id, name]))
  const refused = results.flatMap((one) => (one.refused ? [{ name: names.get(one.userId) ?? '', reason: one.refused.title }] : []))
  const now = { ...work, cursor, done: work.done + results.length - refused.length, refused: [...work.refused, ...refused] }
  return { work: now, isOver: 'chosen' in work.whom ? treated(now) >= work.whom.chosen.length : cursor === '' }
}

interface BulkDialogProps {
  readonly begin: BulkWork
  readonly onClose: () => void
}

/** Asks once, then works through all of them and shows how far it is, what was refused to whom, and where it stopped. */
export function BulkDialog({ begin, onClose }: BulkDialogProps) {
  const [work, setWork] = useState(begin)
  const [phase, setPhase] = useState<'asking' | 'running' | 'stopped' | 'finished'>('asking')
  const [problem, setProblem] = useState<Problem>()
  const isStopping = useRef(false)
  const { action, total } = work
  const needsProof = problem?.code === 'proof-required'

  const go = async () => {
    sessionStorage.removeItem(pendingKey)
    setPhase('running')
    setProblem(undefined)
    isStopping.current = false
    let [now, isOver] = [work, false]
    try {
      while (!isOver && !isStopping.current) {
        ;({ work: now, isOver } = await next(now))
        setWork(now)
      }
      setPhase(isOver ? 'finished' : 'stopped')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      setProblem(error)
      setPhase('stopped')
    }
    await queryClient.invalidateQueries()
  }
  const confirm = async () => {
    sessionStorage.setItem(pendingKey, JSON.stringify({ work, at: Date.now() }))
    await start('confirm', window.location.pathname + window.location.search).catch(setProblem)
  }
  const close = () => {
    sessionStorage.removeItem(pendingKey)
    isStopping.current = true
    onClose()
  }

  return (
    <Modal
      opened
      onClose={close}
      title={phase === 'asking' ? say.titles[action](total) : say.labels[action]}
      closeOnClickOutside={phase !== 'running'}
    >
      <Stack gap="md">
        {phase === 'asking' && treated(begin) === 0 && (
          <>
            <Text>{say.whats[action]}</Text>
            <Text c="dimmed" size="sm">
              {say.each}
            </Text>
          </>
        )}
        {phase === 'asking' && treated(begin) > 0 && <Text>{say.resumed(treated(begin), total)}</Text>}
        {phase !== 'asking' && (
          <Progress
            value={phase === 'finished' ? 100 : Math.min(100, (treated(work) / Math.max(1, total)) * 100)}
            aria-label={say.progressLabel}
            transitionDuration={0}
          />
        )}
        <div role="status">
          {phase === 'running' && <Text>{say.progress(treated(work), total)}</Text>}
          {phase === 'stopped' && <Text>{say.stopped(treated(work), total)}</Text>}
          {phase === 'stopped' && problem && <Text mt="xs">{needsProof ? say.proof : problem.message}</Text>}
          {phase === 'finished' && <Text>{say.finished(work.done, work.refused.length)}</Text>}
        </div>
        {(phase === 'finished' || phase === 'stopped') && <Refused refused={work.refused} />}
        <Group className="buttons" justify="flex-end">
          {phase === 'running' ? (
            <Button
              variant="default"
              onClick={() => {
                isStopping.current = true
              }}
            >
              {say.stop}
            </Button>
          ) : (
            <Button variant="default" onClick={close} data-autofocus>
              {phase === 'finished' ? words.close : words.cancel}
            </Button>
          )}
          {phase === 'asking' && (
            <Button onClick={go} {...(action === 'suspend' || action === 'disable' ? { color: 'red', className: 'danger' } : {})}>
              {treated(begin) > 0 ? say.goOn : say.buttons[action](total)}
            </Button>
          )}
          {phase === 'stopped' &&
            (needsProof ? <Button onClick={confirm}>{words.proof.action}</Button> : <Button onClick={go}>{say.goOn}</Button>)}
        </Group>
      </Stack>
    </Modal>
  )
}

function Refused({ refused }: Pick<BulkWork, 'refused'>) {
  if (refused.length === 0) return null
  return (
    <List size="sm" spacing={4} className="words">
      {refused.slice(0, shownRefusals).map(({ name, reason }, nth) => (
        // Two people may have one name and one reason; their order never changes.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <List.Item key={nth}>{say.refused(name, reason)}</List.Item>
      ))}
      {refused.length > shownRefusals && <List.Item>{say.more(refused.length - shownRefusals)}</List.Item>}
    </List>
  )
}

interface BulkBarProps {
  readonly policy: Policy | undefined
  readonly count: number
  /** How many match, while not all of them are chosen. */
  readonly choosable: number | undefined
  readonly onChooseAll: () => void
  readonly onClear: () => void
  readonly onAction: (action: BulkAction['action']) => void
}

/** What can be done to the chosen, in the words of the menu for one. Entries that cannot be chosen stay and say why. */
export function BulkBar({ policy, count, choosable, onChooseAll, onClear, onAction }: BulkBarProps) {
  const { may } = useWho()
  const whyNotEnable = policy?.mode === 'opt-in' ? words.users.optIn : undefined
  const whyNotDisable =
    policy?.mode === 'everyone' ? words.users.requiredOfEveryone : may('undo-requirement') ? undefined : words.users.securityAdminOnly
  const entry = (action: BulkAction['action'], isOpen: boolean, why?: string) => (
    <Menu.Item disabled={!isOpen || why !== undefined} onClick={() => onAction(action)} {...(action === 'suspend' ? { color: 'red' } : {})}>
      {say.labels[action]}
      {why !== undefined && (
        <Text size="xs" c="dimmed">
          {why}
        </Text>
      )}
    </Menu.Item>
  )
  return (
    <Group className="chosen" px="md" py="xs" gap="sm">
      <Text fw={600} size="sm" role="status">
        {say.chosen(count)}
      </Text>
      {choosable !== undefined && (
        <Anchor component="button" type="button" size="sm" className="target" onClick={onChooseAll}>
          {say.chooseAll(choosable)}
        </Anchor>
      )}
      <Anchor component="button" type="button" size="sm" className="target" onClick={onClear}>
        {say.none}
      </Anchor>
      <Menu position="bottom-end" width={320}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {say.actions}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {policy && !policy.enabled && (
            <>
              <Menu.Item disabled>
                {words.users.notAvailable}
                {!may('change-policy') && (
                  <Text size="xs" c="dimmed">
                    {words.users.notAvailableAsk}
                  </Text>
                )}
              </Menu.Item>
              {may('change-policy') && (
                <Menu.Item component={Link} to="/company-settings">
                  {words.users.notAvailableLink}
                </Menu.Item>
              )}
            </>
          )}
          {policy?.enabled && entry('enable', may('require-two-factor'), whyNotEnable)}
          {policy?.enabled && entry('disable', may('undo-requirement'), whyNotDisable)}
          {entry('invite-again', may('invite-users'))}
          {entry('suspend', may('suspend-users'))}
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}
