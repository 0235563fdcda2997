import { Badge, Button, Checkbox, EmptyState, Modal, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { ApiKey, NewApiKey } from '#contract/api-keys.ts'
import { apiKeyWords as say } from '#words/en/second-factor.ts'
import { apiKeysQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'

type Scope = ApiKey['scopes'][number]
const scopes: readonly Scope[] = ['verify-code', 'prompts', 'read-users']

/** Keys for programs: what there is, a new one, and the end of one. */
export function ApiKeys() {
  const { organization } = useWho()
  const found = useQuery(apiKeysQuery(organization.id))
  const [isCreating, creating] = useDisclosure(false)
  return (
    <Section
      id="api-keys"
      title={say.title}
      what={say.what}
      aside={
        <Button variant="default" onClick={creating.open}>
          {say.create}
        </Button>
      }
    >
      <Shown query={found} lines={3}>
        {({ keys }) => (keys.length === 0 ? <EmptyState py="lg" title={say.none} description={say.noneWhat} /> : <Keys keys={keys} />)}
      </Shown>
      <Modal opened={isCreating} onClose={creating.close} title={say.create}>
        <CreateForm onClose={creating.close} />
      </Modal>
    </Section>
  )
}

function Keys({ keys }: { readonly keys: readonly ApiKey[] }) {
  return (
    <Table role="table" className="cards sites" mt="md" verticalSpacing={4} horizontalSpacing="md">
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {[say.name, say.scopes, say.expires, say.lastUsed, say.action].map((heading) => (
            <Table.Th key={heading} role="columnheader" scope="col">
              {heading}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {keys.map((one) => (
          <Key key={one.id} apiKey={one} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Key({ apiKey }: { readonly apiKey: ApiKey }) {
  const { id, name, prefix, expiresAt, isExpired, lastUsedAt, createdBy, createdAt } = apiKey
  const { organization } = useWho()
  const { run } = useChange()
  const [isAsked, asking] = useDisclosure(false)
  const revoke = () =>
    run({
      method: 'DELETE',
      path: `/organizations/${organization.id}/api-keys/${id}`,
      says: say.revokeSays(name),
      done: say.revoked(name),
    })
  return (
    <Table.Tr role="row">
      <Table.Td role="cell" className="name">
        <Text size="sm" fw={600} className="words">
          <bdi>{name}</bdi>
        </Text>
        <Text size="sm" ff="monospace" c="dimmed">
          {prefix}…
        </Text>
        {createdBy !== null && (
          <Text size="xs" c="dimmed" className="words">
            {say.createdBy(createdBy, when(createdAt))}
          </Text>
        )}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.scopes}>
        <Stack gap={0}>
          {apiKey.scopes.map((scope) => (
            <Text key={scope} size="sm">
              {say.scope[scope]}
            </Text>
          ))}
        </Stack>
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.expires}>
        {isExpired ? (
          <Badge variant="light" color="red" radius={6} size="lg" className="state">
            {say.expired}
          </Badge>
        ) : (
          when(expiresAt)
        )}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.lastUsed}>
        {lastUsedAt === null ? say.never : when(lastUsedAt)}
      </Table.Td>
      <Table.Td role="cell" className="figure">
        <Button variant="outline" color="red" size="compact-md" onClick={asking.open} aria-label={say.revokeOf(name)}>
          {say.revoke}
        </Button>
        <Ask opened={isAsked} onClose={asking.close} title={say.revokeTitle(name)} action={say.revoke} onAction={revoke}>
          <Text>{say.revokeAsk}</Text>
        </Ask>
      </Table.Td>
    </Table.Tr>
  )
}

function CreateForm({ onClose }: { readonly onClose: () => void }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [name, setName] = useState('')
  const [ticked, setTicked] = useState<readonly Scope[]>(['verify-code'])
  const [days, setDays] = useState('90')
  const [isTried, setTried] = useState(false)
  const isWrong = { name: name.trim() === '', scopes: ticked.length === 0 }
  const create = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (isWrong.name || isWrong.scopes) return
    const body: NewApiKey = { name: name.trim(), scopes: [...ticked], days: Number(days) }
    const isDone = await run({
      method: 'POST',
      path: `/organizations/${organization.id}/api-keys`,
      body,
      says: say.createSays(body.name),
      done: say.created(body.name),
      shows: { field: 'key', title: say.keyTitle, what: say.keyWhat, close: say.keyClose, isCopied: true },
    })
    if (isDone) onClose()
  }
  return (
    <form onSubmit={create} noValidate>
      <Stack gap="md">
        <TextInput
          label={say.name}
          description={say.nameWhat}
          dir="auto"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={isTried && isWrong.name ? say.nameMissing : undefined}
          maxLength={60}
          required
          autoComplete="off"
          data-autofocus
        />
        <Checkbox.Group
          size="md"
          label={say.scopes}
          value={[...ticked]}
          onChange={(values) => setTicked(scopes.filter((one) => values.includes(one)))}
          error={isTried && isWrong.scopes ? say.scopesMissing : undefined}
          required
        >
          <Stack gap="xs" mt="xs">
            {scopes.map((scope) => (
              <Checkbox key={scope} value={scope} label={say.scope[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label={say.life}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
          data={Object.entries(say.lives).map(([value, label]) => ({ value, label }))}
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.create} />
      </Stack>
    </form>
  )
}
