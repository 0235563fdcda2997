import { ActionIcon, Anchor, Button, Card, Checkbox, EmptyState, Group, Table, Text } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { IconFileImport, IconPencil, IconUserPlus } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { memo, useCallback, useState } from 'react'
import type { Member } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { peopleWords } from '#words/en/people.ts'
import { membersQuery, policyQuery } from '../api.ts'
import { TwoFactorBadge } from '../badge.tsx'
import { Page } from '../page.tsx'
import { SearchField } from '../search-field.tsx'
import { Failed, Forbidden, Loading } from '../states.tsx'
import { useWho } from '../who.tsx'
import { BulkBar, BulkDialog, type BulkWork, interruptedWork } from './bulk.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { MemberActions } from './member-actions.tsx'
import { type UserFilter, UserFilters } from './user-filters.tsx'

const say = words.users

export function Users() {
  const { organization, may } = useWho()
  const [isInviting, inviting] = useDisclosure(false)
  const mayInvite = may('invite-users')
  return (
    <Page
      title={say.title}
      path={[words.frame.admin, say.title]}
      action={
        mayInvite && (
          <Group gap="xs" className="heading-actions">
            {may('import-users') && (
              <Button component={Link} to="/users/import" variant="default" leftSection={<IconFileImport size={18} aria-hidden />}>
                {peopleWords.import.open}
              </Button>
            )}
            <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={inviting.open}>
              {say.invite}
            </Button>
          </Group>
        )
      }
    >
      {may('see-users') ? (
        <Found onInvite={mayInvite ? inviting.open : undefined} />
      ) : (
        <Forbidden whom={say.forbidden(organization.name)} />
      )}
      <InviteDialog opened={isInviting} onClose={inviting.close} />
    </Page>
  )
}

function Found({ onInvite }: { readonly onInvite: (() => void) | undefined }) {
  const { organization } = useWho()
  const filter: UserFilter = useSearch({ from: '/users' })
  const { search = '', ...narrowed } = filter
  const isNarrowed = Object.keys(narrowed).length > 0
  const navigate = useNavigate()
  const [typed, setTyped] = useState(search)
  const seek = useDebouncedCallback(
    (value: string) => navigate({ to: '/users', search: value === '' ? narrowed : { ...narrowed, search: value }, replace: true }),
    250,
  )
  const type = (value: string) => {
    setTyped(value)
    seek(value.trim())
  }
  const policy = useQuery(policyQuery(organization.id))
  const members = useInfiniteQuery({ ...membersQuery(organization.id, filter), placeholderData: keepPreviousData })
  const users = members.data?.pages.flatMap((page) => page.users) ?? []
  const total = members.data?.pages.at(-1)?.total ?? 0

  // Who is chosen belongs to what is listed: another filter begins with nobody.
  const listed = JSON.stringify(filter)
  const [choice, setChoice] = useState<Choice>({ listed, ids: new Set(), isAll: false })
  const { ids, isAll } = choice.listed === listed ? choice : { ids: new Set<string>(), isAll: false }
  const choose = useCallback(
    (id: string, isChosen: boolean) =>
      setChoice((before) => {
        const kept = new Set(before.listed === listed ? before.ids : [])
        if (isChosen) kept.add(id)
        else kept.delete(id)
        return { listed, ids: kept, isAll: false }
      }),
    [listed],
  )
  const chooseAll = (all: readonly string[], isEverybody: boolean) => setChoice({ listed, ids: new Set(all), isAll: isEverybody })
  const count = isAll ? total : ids.size
  const [work, setWork] = useState(() => interruptedWork(organization.id))
  const begin = (action: BulkWork['action']) =>
    setWork({
      organizationId: organization.id,
      action,
      whom: isAll ? { filter } : { chosen: users.filter(({ id }) => ids.has(id)).map(({ id, name }) => ({ id, name })) },
      total: count,
      cursor: '',
      done: 0,
      refused: [],
    })
  const close = () => {
    setWork(undefined)
    chooseAll([], false)
  }

  return (
    <Card withBorder padding={0}>
      <Group p="md" gap="sm">
        <SearchField label={say.search} placeholder={say.searchBy} value={typed} onType={type} clear={say.clear} />
        <UserFilters />
        {members.data && (
          <Text size="sm" c="dimmed" role="status" ml="auto">
            {say.shown(users.length, total)}
          </Text>
        )}
      </Group>
      {members.data === undefined ? (
        <div className="padded">
          {members.error ? <Failed problem={members.error} retry={() => members.refetch()} /> : <Loading lines={8} />}
        </div>
      ) : users.length === 0 ? (
        <EmptyState
          py="xl"
          title={search === '' && !isNarrowed ? say.nobody : say.noMatch}
          description={isNarrowed ? peopleWords.filters.noMatch : search === '' ? say.nobodyWhat : say.noMatchWhat(search)}
        >
          <EmptyState.Actions>
            {search !== '' && (
              <Button variant="default" onClick={() => type('')}>
                {say.clear}
              </Button>
            )}
            {isNarrowed && (
              <Button variant="default" onClick={() => navigate({ to: '/users', search: search === '' ? {} : { search } })}>
                {peopleWords.filters.clear}
              </Button>
            )}
            {search === '' && !isNarrowed && onInvite && <Button onClick={onInvite}>{say.invite}</Button>}
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <>
          {count > 0 && (
            <BulkBar
              policy={policy.data}
              count={count}
              choosable={isAll || ids.size === total ? undefined : total}
              onChooseAll={() =>
                chooseAll(
                  users.map(({ id }) => id),
                  true,
                )
              }
              onClear={() => chooseAll([], false)}
              onAction={begin}
            />
          )}
          <UserTable
            users={users}
            policy={policy.data}
            chosen={ids}
            isAll={isAll}
            onChoose={choose}
            onChooseShown={(isChosen) => chooseAll(isChosen ? users.map(({ id }) => id) : [], false)}
          />
        </>
      )}
      {work && <BulkDialog key={`${work.action} ${work.total}`} begin={work} onClose={close} />}
      {members.hasNextPage && (
        <Group p="md" justify="center">
          <Button variant="default" loading={members.isFetchingNextPage} onClick={() => members.fetchNextPage()}>
            {say.more}
          </Button>
        </Group>
      )}
    </Card>
  )
}

interface Choice {
  /** The filter that they were chosen under. */
  readonly listed: string
  readonly ids: ReadonlySet<string>
  /** Everybody who matches, on the pages that are not loaded too. */
  readonly isAll: boolean
}

interface UserTableProps {
  readonly users: readonly Member[]
  readonly policy: Policy | undefined
  readonly chosen: ReadonlySet<string>
  readonly isAll: boolean
  readonly onChoose: (id: string, isChosen: boolean) => void
  readonly onChooseShown: (areChosen: boolean) => void
}

/** On narrow screens the style sheet lays each row out as a card; the roles keep it a table for screen readers. */
function UserTable({ users, policy, chosen, isAll, onChoose, onChooseShown }: UserTableProps) {
  const areAllChosen = isAll || users.every(({ id }) => chosen.has(id))
  return (
    <Table role="table" className="cards users" verticalSpacing={4} horizontalSpacing="md" highlightOnHover>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          <Table.Th role="columnheader" scope="col" className="choose">
            <Checkbox
              aria-label={peopleWords.bulk.chooseShown}
              checked={areAllChosen}
              indeterminate={!areAllChosen && chosen.size > 0}
              onChange={(event) => onChooseShown(event.currentTarget.checked)}
            />
          </Table.Th>
          {[say.name, say.email, say.role, say.status, say.twoFactor].map((heading) => (
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
        {users.map((member) => (
          <UserRow key={member.id} member={member} policy={policy} isChosen={isAll || chosen.has(member.id)} onChoose={onChoose} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

interface UserRowProps {
  readonly member: Member
  readonly policy: Policy | undefined
  readonly isChosen: boolean
  readonly onChoose: (id: string, isChosen: boolean) => void
}

const UserRow = memo(function UserRow({ member, policy, isChosen, onChoose }: UserRowProps) {
  return (
    <Table.Tr role="row" {...(member.isSelf ? { className: 'own' } : {})}>
      <Table.Td role="cell" className="choose">
        <Checkbox
          aria-label={peopleWords.bulk.choose(member.name)}
          checked={isChosen}
          onChange={(event) => onChoose(member.id, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td role="cell" className="name">
        <Anchor component={Link} to={`/users/${member.id}`} fw={600} size="sm" className="target">
          <bdi>{member.name}</bdi>
        </Anchor>
        {member.isSelf && (
          <Text span size="sm" c="dimmed">
            {` (${words.you})`}
          </Text>
        )}
      </Table.Td>
      <Table.Td role="cell" className="email">
        {member.email}
      </Table.Td>
      <Table.Td role="cell" className="role">
        {words.roles[member.role]}
      </Table.Td>
      <Table.Td role="cell" className="status">
        {say.statuses[member.status]}
      </Table.Td>
      <Table.Td role="cell" className="two-factor">
        <TwoFactorBadge state={member.badge} />
      </Table.Td>
      <Table.Td role="cell" className="actions">
        <Group gap={0} wrap="nowrap" justify="flex-end">
          <ActionIcon
            component={Link}
            to={`/users/${member.id}`}
            variant="subtle"
            size={44}
            aria-label={peopleWords.edit(member.name)}
            className="edit"
          >
            <IconPencil size={20} aria-hidden />
          </ActionIcon>
          <MemberActions member={member} policy={policy} />
        </Group>
      </Table.Td>
    </Table.Tr>
  )
})
