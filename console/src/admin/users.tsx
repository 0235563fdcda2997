import { Anchor, Button, Card, CloseButton, EmptyState, Group, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { memo, useState } from 'react'
import type { Member } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { membersQuery, policyQuery } from '../api.ts'
import { TwoFactorBadge } from '../badge.tsx'
import { Page } from '../page.tsx'
import { Failed, Forbidden, Loading } from '../states.tsx'
import { useWho } from '../who.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { MemberActions } from './member-actions.tsx'

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
          <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={inviting.open}>
            {say.invite}
          </Button>
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
  const { search = '' } = useSearch({ from: '/users' })
  const navigate = useNavigate()
  const [typed, setTyped] = useState(search)
  const seek = useDebouncedCallback(
    (value: string) => navigate({ to: '/users', search: value === '' ? {} : { search: value }, replace: true }),
    250,
  )
  const type = (value: string) => {
    setTyped(value)
    seek(value.trim())
  }
  const policy = useQuery(policyQuery(organization.id))
  const members = useInfiniteQuery({ ...membersQuery(organization.id, search), placeholderData: keepPreviousData })
  const users = members.data?.pages.flatMap((page) => page.users) ?? []
  const total = members.data?.pages.at(-1)?.total ?? 0

  return (
    <Card withBorder padding={0}>
      <Group p="md" justify="space-between">
        <TextInput
          type="search"
          aria-label={say.search}
          placeholder={say.searchBy}
          value={typed}
          maxLength={200}
          onChange={(event) => type(event.currentTarget.value)}
          leftSection={<IconSearch size={18} aria-hidden />}
          rightSection={typed !== '' && <CloseButton size={44} aria-label={say.clear} onClick={() => type('')} />}
          className="search"
        />
        {members.data && (
          <Text size="sm" c="dimmed" role="status">
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
          title={search === '' ? say.nobody : say.noMatch}
          description={search === '' ? say.nobodyWhat : say.noMatchWhat(search)}
        >
          <EmptyState.Actions>
            {search !== '' && (
              <Button variant="default" onClick={() => type('')}>
                {say.clear}
              </Button>
            )}
            {search === '' && onInvite && <Button onClick={onInvite}>{say.invite}</Button>}
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <UserTable users={users} policy={policy.data} />
      )}
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

/** On narrow screens the style sheet lays each row out as a card; the roles keep it a table for screen readers. */
function UserTable({ users, policy }: { readonly users: readonly Member[]; readonly policy: Policy | undefined }) {
  return (
    <Table role="table" className="users" verticalSpacing={4} horizontalSpacing="md" highlightOnHover>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
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
          <UserRow key={member.id} member={member} policy={policy} isSelf={member.isSelf} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

interface UserRowProps {
  readonly member: Member
  readonly policy: Policy | undefined
  readonly isSelf: boolean
}

const UserRow = memo(function UserRow({ member, policy, isSelf }: UserRowProps) {
  return (
    <Table.Tr role="row">
      <Table.Td role="cell" className="name">
        <Anchor component={Link} to={`/users/${member.id}`} fw={600} size="sm" className="target">
          {member.name}
        </Anchor>
        {isSelf && (
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
        <MemberActions member={member} policy={policy} />
      </Table.Td>
    </Table.Tr>
  )
})
