import { Button, Card, EmptyState, Group, Menu, NativeSelect, Pill, Table, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { AuditRecord } from '#contract/audit.ts'
import { audit } from '#words/en/audit.ts'
import { words } from '#words/en/console.ts'
import { type AuditSearch, auditQuery, exportAddress } from '../api.ts'
import { Page } from '../page.tsx'
import { SearchField } from '../search-field.tsx'
import { Failed, Forbidden, Loading } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { AuditDetails } from './audit-details.tsx'
import { AuditSite } from './audit-site.tsx'

const say = words.audit

const choices = audit.actions
  .map((action) => ({ value: action, label: audit.label(action) }))
  .sort((one, other) => one.label.localeCompare(other.label))

export function Audit() {
  const { organization, may } = useWho()
  const filter = useSearch({ from: '/audit' })
  const isOpen = may('see-audit')
  return (
    <Page
      title={say.title}
      path={[words.frame.admin, say.title]}
      action={isOpen && <Export organizationId={organization.id} filter={filter} />}
    >
      {isOpen ? <Found filter={filter} /> : <Forbidden whom={say.forbidden(organization.name)} />}
    </Page>
  )
}

function Export({ organizationId, filter }: { readonly organizationId: string; readonly filter: AuditSearch }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          {say.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(['csv', 'jsonl'] as const).map((format) => (
          <Menu.Item key={format} component="a" href={exportAddress(organizationId, filter, format)} download>
            {say.formats[format]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function Found({ filter }: { readonly filter: AuditSearch }) {
  const { organization, may } = useWho()
  const isProvider = may('see-sites')
  const navigate = useNavigate()
  const [typed, setTyped] = useState(filter.search ?? '')
  const [shown, setShown] = useState<AuditRecord>()
  const narrow = (change: AuditSearch) => {
    const wanted = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== '')
    return navigate({ to: '/audit', search: Object.fromEntries(wanted), replace: true })
  }
  const seek = useDebouncedCallback((search: string) => narrow({ search }), 250)
  const type = (value: string) => {
    setTyped(value)
    seek(value.trim())
  }
  const clear = () => {
    setTyped('')
    void navigate({ to: '/audit', search: {}, replace: true })
  }
  const only = (change: AuditSearch) => {
    setShown(undefined)
    void narrow(change)
  }
  const found = useInfiniteQuery({ ...auditQuery(organization.id, filter), placeholderData: keepPreviousData })
  const events = found.data?.pages.flatMap((page) => page.events) ?? []
  const isNarrowed = Object.keys(filter).length > 0
  // Whoever can choose a site sees there which one it is.
  const pills = (['person', 'site'] as const).filter((kind) => filter[kind] !== undefined && !(kind === 'site' && isProvider))
  const nameOf = (id: string) =>
    events.flatMap(({ who, whom, organization: where }) => [who, whom, where]).find((one) => one?.id === id)?.name

  return (
    <Card withBorder padding={0}>
      <div className="audit-filter">
        <SearchField label={say.search} isLabelShown placeholder={say.searchBy} value={typed} onType={type} clear={say.clearSearch} />
        <NativeSelect
          label={say.action}
          value={filter.action ?? ''}
          onChange={(event) => narrow({ action: event.currentTarget.value })}
          data={[{ value: '', label: say.everyAction }, ...choices]}
        />
        {isProvider && <AuditSite site={filter.site} onChoose={(site) => narrow({ site })} />}
        {(['from', 'to'] as const).map((end) => (
          <TextInput
            key={end}
            type="date"
            label={say[end]}
            value={filter[end] ?? ''}
            onChange={(event) => narrow({ [end]: event.currentTarget.value })}
          />
        ))}
      </div>
      {pills.length > 0 && (
        <Group px="md" pb="md" gap="xs">
          {pills.map((kind) => {
            const label = say.only[kind](nameOf(filter[kind] ?? '') ?? '')
            return (
              <Pill
                key={kind}
                size="lg"
                withRemoveButton
                removeButtonProps={{ 'aria-label': say.remove(label), 'aria-hidden': false, tabIndex: 0 }}
                onRemove={() => narrow({ [kind]: '' })}
              >
                {label}
              </Pill>
            )
          })}
        </Group>
      )}
      {found.data === undefined ? (
        <div className="padded">{found.error ? <Failed problem={found.error} retry={() => found.refetch()} /> : <Loading lines={8} />}</div>
      ) : events.length === 0 ? (
        <EmptyState py="xl" title={isNarrowed ? say.noMatch : say.nothing} description={isNarrowed ? say.noMatchWhat : say.nothingWhat}>
          <EmptyState.Actions>
            {isNarrowed && (
              <Button variant="default" onClick={clear}>
                {say.clear}
              </Button>
            )}
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <EventTable events={events} onShow={setShown} />
      )}
      {found.hasNextPage && (
        <Group p="md" justify="center">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            {say.more}
          </Button>
        </Group>
      )}
      <AuditDetails record={shown} onClose={() => setShown(undefined)} onOnly={only} />
    </Card>
  )
}

/** On narrow screens the style sheet lays each row out as a card; the roles keep it a table for screen readers. */
function EventTable({ events, onShow }: { readonly events: readonly AuditRecord[]; readonly onShow: (event: AuditRecord) => void }) {
  const { organization } = useWho()
  return (
    <Table role="table" className="cards audit" verticalSpacing={4} horizontalSpacing="md" highlightOnHover>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {[say.what, say.when, say.address].map((heading) => (
            <Table.Th key={heading} role="columnheader" scope="col">
              {heading}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {events.map((event) => (
          <Table.Tr key={event.id} role="row">
            <Table.Td role="cell" className="what">
              <UnstyledButton className="target" onClick={() => onShow(event)} aria-haspopup="dialog">
                {event.sentence}
              </UnstyledButton>
              {event.organization !== null && event.organization.id !== organization.id && (
                <Text size="sm" c="dimmed">
                  <bdi>{event.organization.name}</bdi>
                </Text>
              )}
            </Table.Td>
            <Table.Td role="cell" className="when">
              <time dateTime={event.at} title={event.at}>
                {when(event.at)}
              </time>
            </Table.Td>
            <Table.Td role="cell" className="address">
              {event.address}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
