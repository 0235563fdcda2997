import { Button, Group, Modal, Table, Text } from '@mantine/core'
import { useRef } from 'react'
import type { AuditRecord } from '#contract/audit.ts'
import { audit } from '#words/en/audit.ts'
import { words } from '#words/en/console.ts'
import type { AuditSearch } from '../api.ts'
import { exactly } from '../when.ts'
import { useWho } from '../who.tsx'

const say = words.audit

interface AuditDetailsProps {
  readonly record: AuditRecord | undefined
  readonly onClose: () => void
  /** Narrows the list to somebody, or to a site. */
  readonly onOnly: (change: AuditSearch) => void
}

/** Everything that is known of one event. */
export function AuditDetails({ record, onClose, onOnly }: AuditDetailsProps) {
  const last = useRef(record)
  if (record) last.current = record
  const event = record ?? last.current
  return (
    <Modal opened={record !== undefined} onClose={onClose} title={event?.sentence} size="lg">
      {event && <Known event={event} onOnly={onOnly} />}
    </Modal>
  )
}

function Known({ event, onOnly }: { readonly event: AuditRecord; readonly onOnly: AuditDetailsProps['onOnly'] }) {
  const { organization } = useWho()
  const { who, whom, organization: where } = event
  const people = [who, whom].filter((one, nth, all) => one !== null && all.findIndex((other) => other?.id === one.id) === nth)
  const changes = event.details.filter(({ before }) => before !== undefined)
  const site = where !== null && where.id !== organization.id && organization.kind === 'provider' ? where : undefined
  return (
    <>
      <dl className="facts">
        <dt>{say.when}</dt>
        <dd>{exactly(event.at)}</dd>
        <dt>{say.action}</dt>
        <dd>{audit.label(event.action)}</dd>
        {who && <dt>{say.who}</dt>}
        {who && (
          <dd>
            <bdi>{who.name}</bdi>
          </dd>
        )}
        {whom && whom.id !== who?.id && <dt>{say.whom}</dt>}
        {whom && whom.id !== who?.id && (
          <dd>
            <bdi>{whom.name}</bdi>
          </dd>
        )}
        {where && <dt>{words.frame.organization}</dt>}
        {where && (
          <dd>
            <bdi>{where.name}</bdi>
          </dd>
        )}
        {event.details
          .filter(({ before }) => before === undefined)
          .flatMap(({ what, value }) => [<dt key={`${what}-name`}>{what}</dt>, <dd key={what}>{value}</dd>])}
        <dt>{say.address}</dt>
        <dd>{event.address}</dd>
        <dt>{say.request}</dt>
        <dd>{event.requestId}</dd>
        <dt>{say.place}</dt>
        <dd>{event.position.toLocaleString('en')}</dd>
      </dl>
      {changes.length > 0 && (
        <Table mt="md" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say.changed}</Table.Th>
              <Table.Th>{say.before}</Table.Th>
              <Table.Th>{say.after}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.map(({ what, before, value }) => (
              <Table.Tr key={what}>
                <Table.Td>{what}</Table.Td>
                <Table.Td>
                  <Text component="del" size="sm" c="dimmed">
                    {before}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Text component="ins" size="sm" td="none" fw={600}>
                    {value}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group className="buttons" mt="lg">
        {people.map(
          (one) =>
            one && (
              <Button key={one.id} variant="default" onClick={() => onOnly({ person: one.id })}>
                {say.everythingOf(one.name)}
              </Button>
            ),
        )}
        {site && (
          <Button variant="default" onClick={() => onOnly({ site: site.id })}>
            {say.everythingIn(site.name)}
          </Button>
        )}
      </Group>
    </>
  )
}
