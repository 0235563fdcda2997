import { Button, EmptyState, Group, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { FailedMessages as Failures } from '#contract/gateways.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { failedQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Failed, Loading } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'

const say = gatewayWords.failed

/** Messages that were given up or came back, each with the reason, to be sent again while it is worth something. */
export function FailedMessages() {
  const { organization } = useWho()
  const found = useInfiniteQuery(failedQuery(organization.id))
  const messages = found.data?.pages.flatMap((page) => page.messages) ?? []
  return (
    <Section id="not-delivered" title={say.title} what={say.what[organization.kind]}>
      {found.data === undefined ? (
        found.error ? (
          <Failed problem={found.error} retry={() => found.refetch()} />
        ) : (
          <Loading />
        )
      ) : messages.length === 0 ? (
        <EmptyState py="lg" title={say.empty} description={say.emptyWhat} />
      ) : (
        <Table role="table" className="failures" verticalSpacing="xs" mt="md">
          <Table.Thead role="rowgroup">
            <Table.Tr role="row">
              {[say.message, say.to, say.why, say.actions].map((heading) => (
                <Table.Th key={heading} role="columnheader" scope="col">
                  {heading}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody role="rowgroup">
            {messages.map((message) => (
              <Row key={message.id} message={message} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {found.hasNextPage && (
        <Group mt="md" justify="center">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            {say.more}
          </Button>
        </Group>
      )}
    </Section>
  )
}

function Row({ message }: { readonly message: Failures['messages'][number] }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const { id, channel, to, template, failedAt, createdAt, attempts, reason, said, isExpired } = message
  const name = say.template(template)
  const again = () =>
    run({ method: 'POST', path: `/organizations/${organization.id}/messages/${id}/again`, says: say.says(name, to), done: say.done })
  return (
    <Table.Tr role="row">
      <Table.Td role="cell" data-label={say.message}>
        {name}
        <Text size="sm" c="dimmed">
          {gatewayWords.channels[channel]}, {when(failedAt ?? createdAt)}
        </Text>
      </Table.Td>
      <Table.Td role="cell" data-label={say.to} className="words">
        {to}
      </Table.Td>
      <Table.Td role="cell" data-label={say.why}>
        <Text size="sm">{gatewayWords.reason(reason)}</Text>
        <Text size="sm" c="dimmed" className="words">
          {say.attempts}: {attempts}
          {said === null ? '' : `. ${gatewayWords.said(said)}`}
        </Text>
      </Table.Td>
      <Table.Td role="cell" className="actions">
        {isExpired ? (
          <Text size="sm" c="dimmed">
            {say.expired}. {say.expiredWhat}
          </Text>
        ) : (
          <Button variant="default" loading={isBusy} onClick={again} aria-label={say.againTo(name, to)}>
            {say.again}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
