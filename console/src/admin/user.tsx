import { Alert, Anchor, Button, Checkbox, EmptyState, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Role } from '#contract/account.ts'
import type { Member, MemberChange } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { peopleWords } from '#words/en/people.ts'
import { memberQuery, Problem, policyQuery } from '../api.ts'
import { TwoFactorBadge } from '../badge.tsx'
import { useChange } from '../changes.tsx'
import { Page, Section } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { MemberActions } from './member-actions.tsx'

const say = words.user

export function User() {
  const { organization, may } = useWho()
  if (!may('see-users')) {
    return (
      <Page title={say.title}>
        <Forbidden whom={words.users.forbidden(organization.name)} />
      </Page>
    )
  }
  return <KnownUser />
}

function KnownUser() {
  const { organization } = useWho()
  const { userId } = useParams({ from: '/users/$userId' })
  const member = useQuery(memberQuery(organization.id, userId))
  const policy = useQuery(policyQuery(organization.id))
  const navigate = useNavigate()
  const path = [
    words.frame.admin,
    <Anchor key="users" component={Link} to="/users" inherit>
      {say.back}
    </Anchor>,
    say.title,
  ]
  if (member.error instanceof Problem && member.error.status === 404) {
    return (
      <Page title={say.title} path={path}>
        <EmptyState py="xl" title={say.gone} description={say.goneWhat} />
      </Page>
    )
  }
  return (
    <Page
      title={member.data?.name ?? say.title}
      path={path}
      isNarrow
      action={member.data && <MemberActions member={member.data} policy={policy.data} onRemoved={() => navigate({ to: '/users' })} />}
    >
      <Shown query={member}>
        {(known) => (
          <Stack gap="lg">
            <Section id="account" title={say.account}>
              <dl className="facts">
                <dt>{words.users.name}</dt>
                <dd>
                  <bdi>{known.name}</bdi>
                </dd>
                <dt>{words.users.email}</dt>
                <dd>{known.email}</dd>
                <dt>{words.users.status}</dt>
                <dd>{words.users.statuses[known.status]}</dd>
                <dt>{say.lastSignIn}</dt>
                <dd>{known.lastSignInAt === null ? words.never : when(known.lastSignInAt)}</dd>
              </dl>
            </Section>
            <Section id="settings" title={say.title} aside={<TwoFactorBadge state={known.badge} />}>
              <EditForm key={`${known.name} ${known.role} ${known.required} ${known.method}`} member={known} policy={policy.data} />
            </Section>
          </Stack>
        )}
      </Shown>
    </Page>
  )
}

function EditForm({ member, policy }: { readonly member: Member; readonly policy: Policy | undefined }) {
  const { organization, may } = useWho()
  const { run, isBusy } = useChange()
  const [role, setRole] = useState<Role>(member.role)
  const [required, setRequired] = useState(member.required)
  const [name, setName] = useState(member.name)
  const [method, setMethod] = useState(member.method ?? '')
  const form = peopleWords.form

  const isOutranked = !organization.grantableRoles.includes(member.role)
  const mayChangeRole = may('change-roles') && !isOutranked && !member.isSelf
  const mayTick =
    !isOutranked &&
    policy?.enabled === true &&
    (member.required ? may('undo-requirement') : may('require-two-factor') && policy.mode !== 'opt-in')
  const mayEdit = may('edit-users') && !isOutranked
  const methodName = (kind: string) => form.methods[kind] ?? kind
  const roles = isOutranked ? [member.role] : organization.grantableRoles

  const isUnchanged =
    role === member.role && required === member.required && name.trim() === member.name && method === (member.method ?? '')

  const update = async (event: FormEvent) => {
    event.preventDefault()
    const body: MemberChange = {
      ...(role === member.role ? {} : { role }),
      ...(required === member.required ? {} : { required }),
      ...(name.trim() === member.name ? {} : { name: name.trim() }),
      ...(method === (member.method ?? '') ? {} : { method: method === '' ? null : method }),
    }
    await run({
      method: 'PATCH',
      path: `/organizations/${organization.id}/users/${member.id}`,
      body,
      says: say.says(member.name),
      done: words.saved,
    })
  }

  return (
    <form onSubmit={update}>
      <Stack gap="lg" mt="md">
        <TextInput
          label={form.name}
          description={member.isShared ? form.nameShared : undefined}
          dir="auto"
          value={name}
          disabled={!mayEdit || member.isShared}
          error={name.trim() === '' ? form.nameMissing : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={120}
          autoComplete="off"
          maw={480}
        />
        <NativeSelect
          label={say.role}
          description={
            isOutranked
              ? words.users.outranked(words.roles[member.role])
              : member.isSelf
                ? say.roleSelf
                : may('change-roles')
                  ? undefined
                  : say.roleFixed
          }
          value={role}
          disabled={!mayChangeRole}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
          data={roles.map((value) => ({ value, label: words.roles[value] }))}
          maw={320}
        />
        <NativeSelect
          label={form.method}
          description={form.methodWhat}
          value={method}
          disabled={!mayEdit}
          onChange={(event) => setMethod(event.currentTarget.value)}
          data={[
            { value: '', label: form.methodDefault(methodName(policy?.defaultMethod ?? 'totp')) },
            ...(policy?.methods ?? []).map((value) => ({ value, label: methodName(value) })),
          ]}
          maw={480}
        />
        <Checkbox
          label={say.required}
          description={say.requiredWhat(member.name)}
          checked={required}
          disabled={!mayTick}
          onChange={(event) => setRequired(event.currentTarget.checked)}
        />
        <div role="status">
          <RequirementNote member={member} policy={policy} required={required} />
        </div>
        <Group>
          <Button type="submit" loading={isBusy} disabled={isUnchanged || name.trim() === ''}>
            {words.update}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What the tick means under the organization's present rules, or why it cannot be changed. */
function RequirementNote({
  member,
  policy,
  required,
}: {
  readonly member: Member
  readonly policy: Policy | undefined
  readonly required: boolean
}) {
  const { may } = useWho()
  const note = !policy
    ? undefined
    : !policy.enabled
      ? words.users.notAvailable
      : policy.mode === 'everyone'
        ? say.requiredByRule
        : policy.mode === 'opt-in'
          ? say.optIn
          : member.required && !required
            ? say.undoing(member.name)
            : member.required && !may('undo-requirement')
              ? say.undoNotYours
              : undefined
  if (note === undefined) return null
  return (
    <Alert color={member.required && !required ? 'orange' : 'gray'}>
      {note}{' '}
      {policy?.mode !== 'chosen' || !policy.enabled ? (
        <Anchor component={Link} to="/company-settings" inherit underline="always">
          {words.frame.companySettings}
        </Anchor>
      ) : null}
    </Alert>
  )
}
