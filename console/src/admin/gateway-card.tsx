import { Alert, Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ChannelView, Gateways, ShownGateway, TestOutcome } from '#contract/gateways.ts'
import { gatewayWords as say } from '#words/en/gateways.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { GatewayDialog } from './gateway-dialog.tsx'

interface CardProps {
  readonly gateways: Gateways
  readonly view: ChannelView
}

/** One way that messages leave: what takes them now, what is stored here, and whether it works. */
export function GatewayCard({ gateways, view }: CardProps) {
  const { organization } = useWho()
  const { run } = useChange()
  const [asked, setAsked] = useState<'change' | 'remove'>()
  const { channel, own, inForce, version, changedBy, changedAt } = view
  const close = () => setAsked(undefined)
  const isSite = organization.kind === 'site'
  const remove = () =>
    run({
      method: 'PUT',
      path: `/organizations/${organization.id}/gateways/${channel}`,
      body: { version, settings: null },
      says: say.removeTitle(channel),
      done: say.removed,
    })
  return (
    <Section
      id={`gateway-${channel}`}
      title={say.channels[channel]}
      what={say.what[channel]}
      aside={
        <Badge
          variant="light"
          color={inForce === null ? 'orange' : 'green'}
          radius={6}
          size="lg"
          className="state"
          leftSection={inForce === null ? <IconAlertTriangle size={15} aria-hidden /> : <IconCheck size={15} aria-hidden />}
        >
          {inForce === null ? say.none : say.sources[inForce]}
        </Badge>
      }
    >
      <Stack gap="md" mt="md">
        {inForce === null && <Text size="sm">{say.noneWhat[channel]}</Text>}
        {own && <OwnGateway own={own} />}
        {own && inForce !== 'own' && <Alert color="gray">{say.fallsBack}</Alert>}
        {changedBy !== null && changedAt !== null && (
          <Text size="sm" c="dimmed" className="words">
            {say.changedBy(changedBy, when(changedAt))}
          </Text>
        )}
        {isSite && channel === 'mail' && inForce === 'own' && (
          <Text size="sm" c="dimmed">
            {say.linksNote}
          </Text>
        )}
        {!gateways.mayBringOwn && (
          <Text size="sm" c="dimmed">
            {say.notOpen}
          </Text>
        )}
        <Group gap="sm">
          {gateways.mayBringOwn && (
            <Button variant="default" onClick={() => setAsked('change')}>
              {own ? say.change : say.set}
            </Button>
          )}
          {own && (
            <Button variant="default" onClick={() => setAsked('remove')}>
              {say.remove}
            </Button>
          )}
        </Group>
        {/* What a test of earlier settings said says nothing of these. */}
        {inForce !== null && (
          <Test
            key={`${version} ${inForce}`}
            channel={channel}
            goesTo={channel === 'mail' ? gateways.testGoesTo.mail : gateways.testGoesTo.phone}
          />
        )}
      </Stack>
      <GatewayDialog view={view} opened={asked === 'change'} onClose={close} />
      <Ask opened={asked === 'remove'} onClose={close} title={say.removeTitle(channel)} action={say.remove} onAction={remove}>
        {say.removeWhat}
      </Ask>
    </Section>
  )
}

/** What is stored, without what is secret. */
function OwnGateway({ own }: { readonly own: ShownGateway }) {
  const facts: readonly (readonly [string, string])[] =
    own.kind === 'smtp'
      ? [
          [say.host, `${own.host}:${own.port}, ${own.security === 'tls' ? 'TLS' : 'STARTTLS'}`],
          [say.from, own.from],
          ...(own.username === null ? [] : [[say.username, own.username] as const]),
        ]
      : own.kind === 'twilio'
        ? [
            [say.accountSid, own.accountSid],
            ...(own.from === null ? [] : [[say.number, own.from] as const]),
            ...(own.messagingServiceSid === null ? [] : [[say.service, own.messagingServiceSid] as const]),
          ]
        : [[say.url, own.url]]
  return (
    <dl className="facts">
      <dt>{say.kind}</dt>
      <dd>{say.kinds[own.kind]}</dd>
      {facts.map(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name} is`} className="words">
          {value}
        </dd>,
      ])}
    </dl>
  )
}

/** "Send a test": to oneself, with an answer that says precisely what happened. */
function Test({ channel, goesTo }: { readonly channel: ChannelView['channel']; readonly goesTo: string | null }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [outcome, setOutcome] = useState<TestOutcome>()
  const send = async () => {
    setOutcome(undefined)
    await run(
      { method: 'POST', path: `/organizations/${organization.id}/gateways/${channel}/test`, says: say.testSays(channel) },
      { onDone: (reply) => setOutcome(reply as TestOutcome) },
    )
  }
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button variant="default" loading={isBusy} disabled={goesTo === null} onClick={send}>
          {say.test}
        </Button>
        <Text size="sm" c="dimmed" className="words">
          {goesTo === null ? say.noPhone : say.testTo(goesTo)}{' '}
          {goesTo === null && (
            <Anchor component={Link} to="/settings" hash="profile" inherit underline="always">
              {say.toProfile}
            </Anchor>
          )}
        </Text>
      </Group>
      <div role="status">
        {outcome?.accepted === true && (
          <Alert color="green" icon={<IconCheck aria-hidden />}>
            {say.accepted(outcome.to, outcome.milliseconds)}
          </Alert>
        )}
        {outcome?.accepted === false && (
          <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={say.refused}>
            <Text size="sm">{say.reason(outcome.reason ?? 'unknown')}</Text>
            {outcome.said !== null && (
              <Text size="sm" c="dimmed" mt={4} className="words">
                {say.said(outcome.said)}
              </Text>
            )}
          </Alert>
        )}
      </div>
    </Stack>
  )
}
