import { Alert, Anchor, Button, Divider, Group, List, Stack, Text, TextInput } from '@mantine/core'
import { IconInfoCircle, IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { OrganizationReset, ResetPreview, ResetRules } from '#contract/organization-reset.ts'
import { words } from '#words/en/console.ts'
import { resetWords as say } from '#words/en/organization-reset.ts'
import { resetPreviewQuery, resetQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Page, Section } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { exactly } from '../when.ts'
import { useWho } from '../who.tsx'
import { LeftAlone, Report } from './organization-reset-report.tsx'

const settings = '/company-settings/general/two-factor'

/** "Reset Organization 2FA": the consequence, the order, the progress, the result and the way back, on one page that can be left at any time. */
export function ResetOrganization() {
  const { organization, may } = useWho()
  const path = [
    ...words.company.path,
    <Anchor key="two-factor" component={Link} to={settings} inherit>
      {say.back}
    </Anchor>,
    say.title,
  ]
  return (
    <Page title={say.title} path={path} isNarrow>
      {may('reset-organization') ? <Reset /> : <Forbidden whom={say.forbidden(organization.name)} />}
    </Page>
  )
}

function Reset() {
  const { organization } = useWho()
  const standing = useQuery(resetQuery(organization.id))
  const [isAgain, setAgain] = useState(false)
  return (
    <Shown query={standing} whom={say.forbidden(organization.name)} lines={8}>
      {({ reset, rules }) => {
        if (reset?.state === 'proposed') return <Proposal reset={reset} />
        const isOpen = reset?.state === 'running' || reset?.state === 'taking-back'
        const isTold = reset !== null && reset.state !== 'withdrawn' && reset.state !== 'expired'
        return (
          <Stack gap="lg">
            {reset?.state === 'withdrawn' && <Note sentence={say.withdrawn(reset.endedBy ?? '')} />}
            {reset?.state === 'expired' && <Note sentence={say.expired} />}
            {isTold && (!isAgain || isOpen) ? (
              <Report reset={reset} onAgain={() => setAgain(true)} />
            ) : (
              <Order rules={rules} onBegun={() => setAgain(false)} />
            )}
          </Stack>
        )
      }}
    </Shown>
  )
}

function Note({ sentence }: { readonly sentence: string }) {
  return (
    <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
      {sentence}
    </Alert>
  )
}

/** Everything that is known before the click, and the click, for which the name of the organization is typed. */
function Order({ rules, onBegun }: { readonly rules: ResetRules; readonly onBegun: () => void }) {
  const { organization } = useWho()
  const preview = useQuery(resetPreviewQuery(organization.id))
  return (
    <Shown query={preview} lines={6}>
      {(found) =>
        found.people.count === 0 ? (
          <Section id="consequence" title={say.nobody} what={say.nobodyWhat}>
            <Stack gap="md" mt="md">
              <LeftAlone leftAlone={found.leftAlone} title={say.alone(found.leftAlone.count)} />
              {found.without > 0 && <Text>{say.without(found.without)}</Text>}
            </Stack>
          </Section>
        ) : (
          <Section id="consequence" title={say.count(found.people.count)}>
            <Consequence preview={found} undoMinutes={rules.undoMinutes} />
            <Divider my="lg" />
            <OrderForm preview={found} rules={rules} onBegun={onBegun} />
          </Section>
        )
      }
    </Shown>
  )
}

function Consequence({ preview, undoMinutes }: { readonly preview: ResetPreview; readonly undoMinutes: number }) {
  const { people, kinds, sessions, devices, mailedPasswords, leftAlone, without, isAvailable } = preview
  return (
    <Stack gap="md" mt="xs">
      <Text className="words" c="dimmed" size="sm">
        {say.names(people.names, people.count)}
      </Text>
      <div>
        <Text fw={600}>{say.ends}</Text>
        <List spacing={4} mt={4}>
          {kinds.map(({ kind, people: count }) => (
            <List.Item key={kind}>{say.kind(say.kinds[kind] ?? kind, count)}</List.Item>
          ))}
          <List.Item>{say.sessions(sessions)}</List.Item>
          <List.Item>{say.devices(devices)}</List.Item>
        </List>
      </div>
      <div>
        <Text fw={600}>{say.next}</Text>
        {isAvailable ? (
          <List type="ordered" spacing={4} mt={4}>
            {say.nextSteps.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        ) : (
          <Text mt={4}>{say.nextOff}</Text>
        )}
        {isAvailable && mailedPasswords > 0 && <Text mt="xs">{say.mailed(mailedPasswords)}</Text>}
      </div>
      <Text>{say.undo(undoMinutes)}</Text>
      <LeftAlone leftAlone={leftAlone} title={say.alone(leftAlone.count)} />
      {without > 0 && <Text>{say.without(without)}</Text>}
    </Stack>
  )
}

interface OrderFormProps {
  readonly preview: ResetPreview
  readonly rules: ResetRules
  readonly onBegun: () => void
}

function OrderForm({ preview, rules, onBegun }: OrderFormProps) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [name, setName] = useState('')
  const [wrong, setWrong] = useState<string>()
  const isAlone = rules.asksForTwo && rules.admins < 2
  const order = async (event: FormEvent) => {
    event.preventDefault()
    const isBegun = await run(
      {
        method: 'POST',
        path: `/organizations/${organization.id}/reset`,
        body: { name: name.trim() === '' ? '-' : name.trim() },
        says: say.says(preview.people.count, organization.name),
        done: rules.asksForTwo ? say.proposed : say.began,
      },
      {
        onProblem: ({ code, message }) => {
          if (code === 'name-mismatch') setWrong(message)
          return code === 'name-mismatch'
        },
      },
    )
    if (isBegun) onBegun()
  }
  return (
    <form onSubmit={order} noValidate>
      <Stack gap="md">
        {rules.asksForTwo && (
          <Alert color={isAlone ? 'orange' : 'gray'} icon={<IconUsers aria-hidden />} title={say.needsTwo}>
            {isAlone ? say.twoMissing : say.needsTwoWhat}
          </Alert>
        )}
        <TextInput
          label={say.name(organization.name)}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value)
            setWrong(undefined)
          }}
          error={wrong}
          maxLength={120}
          autoComplete="off"
        />
        <Group gap="sm">
          <Button type="submit" color="red" className="danger" loading={isBusy} disabled={isAlone}>
            {rules.asksForTwo ? say.propose : say.confirm}
          </Button>
          <Button component={Link} to={settings} variant="default">
            {words.cancel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** A proposal: what it would do now, for whoever approves it with a proof of their own, and the way to end it. */
function Proposal({ reset }: { readonly reset: OrganizationReset }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const preview = useQuery(resetPreviewQuery(organization.id))
  const respond = (answer: 'approve' | 'withdraw', says: string, done: string) =>
    run({ method: 'POST', path: `/organizations/${organization.id}/reset/answers`, body: { answer, resetId: reset.id }, says, done })
  return (
    <Section
      id="proposal"
      title={say.waiting}
      what={say.waitingWhat(reset.proposedBy, reset.expiresAt === null ? '' : exactly(reset.expiresAt))}
    >
      <Shown query={preview} lines={6}>
        {(found) => (
          <Stack gap="md" mt="md">
            <Text fw={600} mb={-16}>
              {say.count(found.people.count)}
            </Text>
            <Consequence preview={found} undoMinutes={reset.undoMinutes} />
            {!reset.mayApprove && <Note sentence={reset.isOwn ? say.waitingOwn : say.notAsked} />}
            <Group gap="sm">
              {reset.mayApprove && (
                <Button
                  color="red"
                  className="danger"
                  loading={isBusy}
                  onClick={() => respond('approve', say.approveSays(found.people.count), say.began)}
                >
                  {say.approve}
                </Button>
              )}
              <Button variant="default" loading={isBusy} onClick={() => respond('withdraw', say.withdrawSays, say.withdrawnDone)}>
                {say.withdraw}
              </Button>
            </Group>
          </Stack>
        )}
      </Shown>
    </Section>
  )
}
