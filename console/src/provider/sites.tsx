import { Alert, Anchor, Badge, Button, Card, EmptyState, Group, NativeSelect, Table, Text } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { IconClock, IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { memo, useState } from 'react'
import type { Site, SiteOrder } from '#contract/sites.ts'
import { words } from '#words/en/console.ts'
import { methodName } from '#words/en/methods.ts'
import { siteWords as say } from '#words/en/sites.ts'
import { sitesQuery } from '../api.ts'
import { Page } from '../page.tsx'
import { SearchField } from '../search-field.tsx'
import { Failed, Forbidden, Loading } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { SiteActions, useOpenSite } from './site-actions.tsx'
import { CreateSiteDialog } from './site-dialogs.tsx'

export function Sites() {
  const { organization, may } = useWho()
  const [isCreating, creating] = useDisclosure(false)
  return (
    <Page
      title={say.title}
      path={[words.frame.admin, say.title]}
      action={
        may('create-sites') && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={creating.open}>
            {say.create}
          </Button>
        )
      }
    >
      {may('see-sites') ? (
        <Found onCreate={may('create-sites') ? creating.open : undefined} />
      ) : (
        <Forbidden whom={say.forbidden(organization.name)} />
      )}
      <CreateSiteDialog opened={isCreating} onClose={creating.close} />
    </Page>
  )
}

function Found({ onCreate }: { readonly onCreate: (() => void) | undefined }) {
  const { organization } = useWho()
  const { search = '', order = 'name' } = useSearch({ from: '/sites' })
  const navigate = useNavigate()
  const [typed, setTyped] = useState(search)
  const look = (next: { readonly search: string; readonly order: SiteOrder }) =>
    navigate({
      to: '/sites',
      search: { ...(next.search === '' ? {} : { search: next.search }), ...(next.order === 'name' ? {} : { order: next.order }) },
      replace: true,
    })
  const seek = useDebouncedCallback((value: string) => look({ search: value, order }), 250)
  const type = (value: string) => {
    setTyped(value)
    seek(value.trim())
  }
  const found = useInfiniteQuery({ ...sitesQuery(organization.id, search, order), placeholderData: keepPreviousData })
  const sites = found.data?.pages.flatMap((page) => page.sites) ?? []
  const last = found.data?.pages.at(-1)

  return (
    <Card withBorder padding={0}>
      <Group p="md" justify="space-between">
        <Group className="search" gap="xs">
          <SearchField label={say.search} placeholder={say.searchBy} value={typed} onType={type} clear={say.clear} />
          <NativeSelect
            aria-label={say.order}
            value={order}
            onChange={(event) => look({ search, order: event.currentTarget.value as SiteOrder })}
            data={Object.entries(say.orders).map(([value, label]) => ({ value, label }))}
          />
        </Group>
        {last && (
          <Text size="sm" c="dimmed" role="status">
            {say.shown(sites.length, last.total)}
          </Text>
        )}
      </Group>
      {last && last.countedAt !== null && (
        <Alert color="gray" icon={<IconClock aria-hidden />} mx="md" mb="md">
          {say.countedAt(when(last.countedAt))}
        </Alert>
      )}
      {found.data === undefined ? (
        <div className="padded">{found.error ? <Failed problem={found.error} retry={() => found.refetch()} /> : <Loading lines={8} />}</div>
      ) : sites.length === 0 ? (
        <EmptyState
          py="xl"
          title={search === '' ? say.nobody : say.noMatch}
          description={search === '' ? say.nobodyWhat : say.noMatchWhat(search)}
        >
          <EmptyState.Actions>
            {search !== '' && (
              <Button variant="default" onClick={() => type('')}>
                {say.clear}
              </Button>
            )}
            {search === '' && onCreate && <Button onClick={onCreate}>{say.create}</Button>}
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <SiteTable sites={sites} />
      )}
      {found.hasNextPage && (
        <Group p="md" justify="center">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            {say.more}
          </Button>
        </Group>
      )}
    </Card>
  )
}

/** On narrow screens the style sheet lays each row out as a card; the roles keep it a table for screen readers. */
function SiteTable({ sites }: { readonly sites: readonly Site[] }) {
  return (
    <Table role="table" className="cards sites" verticalSpacing={4} horizontalSpacing="md" highlightOnHover>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {[say.site, say.people, say.secured, say.missing, say.weakest, say.status].map((heading) => (
            <Table.Th key={heading} role="columnheader" scope="col">
              {heading}
            </Table.Th>
          ))}
          <Table.Th role="columnheader" scope="col" className="actions">
            {say.actions}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {sites.map((site) => (
          <SiteRow key={site.id} site={site} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

const SiteRow = memo(function SiteRow({ site }: { readonly site: Site }) {
  const open = useOpenSite()
  const { total, secured, missing, weakestKind } = site.people
  return (
    <Table.Tr role="row">
      <Table.Td role="cell" className="name">
        <Anchor component="button" type="button" fw={600} size="sm" className="target" ta="start" onClick={() => open(site.id)}>
          <bdi>{site.name}</bdi>
        </Anchor>
        {site.host !== null && (
          <Text size="sm" c="dimmed">
            {site.host}
          </Text>
        )}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.people}>
        {total.toLocaleString('en')}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.secured}>
        {say.share(secured, total)}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.missing}>
        {missing > 0 ? (
          <Badge variant="light" color="orange" radius={6} size="lg" className="state">
            {missing.toLocaleString('en')}
          </Badge>
        ) : (
          '0'
        )}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.weakest}>
        {weakestKind === null ? say.none : methodName(weakestKind)}
      </Table.Td>
      <Table.Td role="cell" className="figure" data-label={say.status}>
        {site.suspendedAt !== null ? (
          <Badge variant="light" color="red" radius={6} size="lg" className="state">
            {say.suspended}
          </Badge>
        ) : site.isAvailable ? (
          say.active
        ) : (
          say.off
        )}
      </Table.Td>
      <Table.Td role="cell" className="actions">
        <SiteActions site={site} />
      </Table.Td>
    </Table.Tr>
  )
})
