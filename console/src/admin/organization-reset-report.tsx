import { Alert, Button, Group, List, Progress, Stack, Text } from '@mantine/core'
import { IconCheck, IconMailOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { OrganizationReset, ResetPreview } from '#contract/organization-reset.ts'
import { resetWords as say } from '#words/en/organization-reset.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { exactly } from '../when.ts'
import { useWho } from '../who.tsx'

interface ReportProps {
  readonly reset: OrganizationReset
  readonly onAgain: () => void
}

/** How far a reset is, or what came of it. */
export function Report({ reset, onAgain }: ReportProps) {
  const { state, counts } = reset
  if (state === 'running') {
    return (
      <Section id="progress" title={say.running} what={say.runningWhat}>
        <Bar done={counts.done} all={counts.people} label={say.running} />
        <TakeBack reset={reset} />
      </Section>
    )
  }
  if (state === 'taking-back') {
    const all = counts.reset
    return (
      <Section id="progress" title={say.takingBack} what={say.runningWhat}>
        <Bar done={counts.restored + counts.kept} all={all} label={say.takingBack} />
      </Section>
    )
  }
  const titles = { done: say.done, closed: say.over, 'taken-back': say.takenBack } as const
  const what = {
    done: say.doneWhat(counts.reset),
    closed: `${say.doneWhat(counts.reset)} ${say.overWhat}`,
    'taken-back': say.takenBackWhat(counts.restored, counts.kept, counts.spared),
  } as const
  const told = state === 'closed' || state === 'taken-back' ? state : 'done'
  return (
    <Section id="result" title={titles[told]} what={<span role="status">{what[told]}</span>} aside={<IconCheck size={20} aria-hidden />}>
      <Stack gap="lg" mt="lg">
        <Figures reset={reset} />
        {reset.mails.failed > 0 && (
          <Alert color="orange" icon={<IconMailOff aria-hidden />}>
            {say.failedFor(reset.mails.failedFor, reset.mails.failed)}
          </Alert>
        )}
        <LeftAlone leftAlone={reset.leftAlone} title={say.aloneDone(reset.leftAlone.count)} />
        <TakeBack reset={reset} />
        <Group gap="sm">
          <Button component={Link} to="/company-settings/general/two-factor">
            {say.finish}
          </Button>
          <Button variant="default" onClick={onAgain}>
            {say.again}
          </Button>
        </Group>
      </Stack>
    </Section>
  )
}

function Bar({ done, all, label }: { readonly done: number; readonly all: number; readonly label: string }) {
  return (
    <div role="status">
      <Progress value={all === 0 ? 100 : (done / all) * 100} aria-label={label} mt="lg" size="lg" transitionDuration={0} />
      <Text size="sm" c="dimmed" mt={4}>
        {say.progress(done, all)}
      </Text>
    </div>
  )
}

function Figures({ reset: { counts, mails } }: Pick<ReportProps, 'reset'>) {
  const figures = [
    [say.figures.people, counts.reset],
    [say.figures.authenticators, counts.authenticators],
    [say.figures.sessions, counts.sessions],
    [say.figures.devices, counts.devices],
    ...(counts.nothing > 0 ? ([[say.figures.nothing, counts.nothing]] as const) : []),
    [say.figures.mailsSent, mails.sent],
    ...(mails.waiting > 0 ? ([[say.figures.mailsWaiting, mails.waiting]] as const) : []),
    [say.figures.mailsFailed, mails.failed],
  ] as const
  return (
    <dl className="figures">
      {figures.map(([label, figure]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{figure.toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Who is not touched although they have an authenticator, by name and with the reason. */
export function LeftAlone({ leftAlone, title }: { readonly leftAlone: ResetPreview['leftAlone']; readonly title: string }) {
  if (leftAlone.count === 0) return null
  const more = leftAlone.count - leftAlone.people.length
  return (
    <div>
      <Text fw={600}>{title}</Text>
      <List spacing={4} mt={4} className="words">
        {leftAlone.people.map(({ name, reason }, nth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two people can have one name.
          <List.Item key={nth}>
            {name}: {say.reasons[reason]}.
          </List.Item>
        ))}
        {more > 0 && <List.Item>{say.more(more)}</List.Item>}
      </List>
    </div>
  )
}

function TakeBack({ reset }: Pick<ReportProps, 'reset'>) {
  const { organization } = useWho()
  const { run } = useChange()
  const [isAsking, setAsking] = useState(false)
  if (!reset.mayTakeBack) return null
  const takeBack = () =>
    run({
      method: 'POST',
      path: `/organizations/${organization.id}/reset/answers`,
      body: { answer: 'take-back', resetId: reset.id },
      says: say.takeBackSays,
    })
  return (
    <Group mt="md" gap="md">
      <Button variant="default" onClick={() => setAsking(true)}>
        {say.takeBack}
      </Button>
      {reset.undoUntil !== null && (
        <Text size="sm" c="dimmed">
          {say.takeBackWhat(exactly(reset.undoUntil))}
        </Text>
      )}
      <Ask opened={isAsking} onClose={() => setAsking(false)} title={say.takeBackTitle} action={say.takeBackAction} onAction={takeBack}>
        {say.takeBackAsk}
      </Ask>
    </Group>
  )
}
