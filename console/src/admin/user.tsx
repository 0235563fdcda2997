import { Alert, Anchor, Button, Checkbox, EmptyState, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Role } from '#contract/account.ts'
import type { Member, MemberChange } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { authAnvilWords } from '#words/en/authanvil.ts'
import { words } from '#words/en/console.ts'
import { methodName, methodWords } from '#words/en/methods.ts'
import { passWords } from '#words/en/one-time-pass.ts'
import { passkeyWords } from '#words/en/passkeys.ts'
import { peopleWords } from '#words/en/people.ts'
import { memberQuery, Problem, policyQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { TwoFactorBadge } from '../badge.tsx'
import { useChange } from '../changes.tsx'
import { Page, Section } from '../page.tsx'
import { PhoneField, phoneOf, typedPhone } from '../phone-field.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { AuthAnvilPersonDialog, hasAuthAnvil } from './authanvil-person-dialog.tsx'
import { MemberActions, mayIssuePass, whyNoPass } from './member-actions.tsx'
import { OneTimePassDialog } from './one-time-pass-dialog.tsx'

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
                <dt>{methodWords.filter.label}</dt>
                <dd>{known.kinds.length === 0 ? methodWords.none : methodWords.listed(known.kinds)}</dd>
                <dt>{say.lastSignIn}</dt>
                <dd>{known.lastSignInAt === null ? words.never : when(known.lastSignInAt)}</dd>
              </dl>
            </Section>
            <Section id="settings" title={say.title} aside={<TwoFactorBadge state={known.badge} />}>
              <EditForm
                key={`${known.name} ${known.role} ${known.required} ${known.method} ${known.phone?.number}`}
                member={known}
                policy={policy.data}
              />
            </Section>
            {hasAuthAnvil(policy.data) && <AtAuthAnvil member={known} />}
            {known.status === 'active' && <HelpSigningIn member={known} />}
          </Stack>
        )}
      </Shown>
    </Page>
  )
}

/** What became of the pass that was issued last: it is good, has expired, or waits for the word of a second administrator. */
function IssuedPass({ member, pass }: { readonly member: Member; readonly pass: NonNullable<Member['oneTimePass']> }) {
  const say = passkeyWords.approval
  const until = when(pass.expiresAt)
  if (pass.state === 'waiting') return <PassToApprove member={member} pass={pass} />
  const isExpired = pass.state === 'expired'
  return (
    <Alert color="gray" mt="md" title={isExpired ? say.expired(member.name) : say.good(member.name)}>
      {isExpired ? say.expiredWhat(until) : say.until(until)}
    </Alert>
  )
}

function PassToApprove({ member, pass }: { readonly member: Member; readonly pass: NonNullable<Member['oneTimePass']> }) {
  const { organization } = useWho()
  const { run } = useChange()
  const [isAsking, asking] = useDisclosure(false)
  const say = passkeyWords.approval
  const path = `/organizations/${organization.id}/users/${member.id}/one-time-pass/approval`
  return (
    <Alert color="orange" mt="md" title={say.waits(member.name)}>
      <Text size="sm" mb={pass.isByYou ? 0 : 'sm'}>
        {say.until(when(pass.expiresAt))} {pass.isByYou && say.ownWaits}
      </Text>
      {!pass.isByYou && (
        <Button variant="default" onClick={asking.open}>
          {say.action}
        </Button>
      )}
      <Ask
        opened={isAsking}
        onClose={asking.close}
        title={say.action}
        action={say.action}
        onAction={async () => run({ method: 'POST', path, says: say.says(member.name), done: say.done })}
      >
        {say.what(member.name)}
      </Ask>
    </Alert>
  )
}

function AtAuthAnvil({ member }: { readonly member: Member }) {
  const { organization, may } = useWho()
  const [isOpen, open] = useDisclosure(false)
  const isOutranked = !organization.grantableRoles.includes(member.role)
  const person = authAnvilWords.person
  return (
    <Section
      id="authanvil"
      title={person.section}
      what={may('change-authanvil') ? person.sectionWhat(member.name) : person.securityAdminOnly}
    >
      <Button mt="md" variant="default" disabled={!may('change-authanvil') || isOutranked} onClick={open.open}>
        {person.entry}
      </Button>
      <AuthAnvilPersonDialog member={member} opened={isOpen} onClose={open.close} />
    </Section>
  )
}

function HelpSigningIn({ member }: { readonly member: Member }) {
  const { organization } = useWho()
  const [isOpen, open] = useDisclosure(false)
  const whyNot = whyNoPass(member, organization)
  return (
    <Section id="help-signing-in" title={passWords.section} what={whyNot ?? passWords.sectionWhat(member.name)}>
      <Button mt="md" variant="default" disabled={!mayIssuePass(member, organization)} onClick={open.open}>
        {passWords.entry}
      </Button>
      <OneTimePassDialog member={member} opened={isOpen} onClose={open.close} />
      {member.oneTimePass && !member.isSelf && <IssuedPass member={member} pass={member.oneTimePass} />}
    </Section>
  )
}

function EditForm({ member, policy }: { readonly member: Member; readonly policy: Policy | undefined }) {
  const { organization, may } = useWho()
  const { run, isBusy } = useChange()
  const [role, setRole] = useState<Role>(member.role)
  const [required, setRequired] = useState(member.required)
  const [name, setName] = useState(member.name)
  const [method, setMethod] = useState(member.method ?? '')
  const [phone, setPhone] = useState(() => typedPhone(member.phone?.number))
  const [wrongPhone, setWrongPhone] = useState<string>()
  const form = peopleWords.form

  const isOutranked = !organization.grantableRoles.includes(member.role)
  const mayChangeRole = may('change-roles') && !isOutranked && !member.isSelf
  const mayTick =
    !isOutranked &&
    policy?.enabled === true &&
    (member.required ? may('undo-requirement') : may('require-two-factor') && policy.mode !== 'opt-in')
  const mayEdit = may('edit-users') && !isOutranked
  const mayEditPhone = mayEdit && member.status !== 'invited' && !member.isShared
  const roles = isOutranked ? [member.role] : organization.grantableRoles

  const storedPhone = member.phone?.number ?? null
  const newPhone = phone.number.trim() === '' ? null : phoneOf(phone)
  const isUnchanged =
    role === member.role &&
    required === member.required &&
    name.trim() === member.name &&
    method === (member.method ?? '') &&
    newPhone === storedPhone

  const update = async (event: FormEvent) => {
    event.preventDefault()
    setWrongPhone(newPhone === undefined ? words.phone.invalid : undefined)
    if (newPhone === undefined) return
    const body: MemberChange = {
      ...(role === member.role ? {} : { role }),
      ...(required === member.required ? {} : { required }),
      ...(name.trim() === member.name ? {} : { name: name.trim() }),
      ...(method === (member.method ?? '') ? {} : { method: method === '' ? null : method }),
      ...(newPhone === storedPhone ? {} : { phone: newPhone }),
    }
    await run(
      {
        method: 'PATCH',
        path: `/organizations/${organization.id}/users/${member.id}`,
        body,
        says: say.says(member.name),
        done: words.saved,
      },
      {
        onProblem: ({ code }) => {
          if (code === 'invalid-phone') setWrongPhone(words.phone.invalid)
          return code === 'invalid-phone'
        },
      },
    )
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
          label={methodWords.user.type}
          description={`${methodWords.user.typeWhat(methodName(policy?.defaultMethod ?? 'totp'))}${member.isWithoutDuo ? ` ${methodWords.user.withoutDuo}` : ''}`}
          value={method}
          disabled={!mayEdit}
          onChange={(event) => setMethod(event.currentTarget.value)}
          data={[
            { value: '', label: methodWords.user.byDefault },
            ...(policy?.methods ?? []).map((value) => ({
              value,
              label: value === 'duo' && member.isWithoutDuo ? methodWords.user.withoutDuoOption : methodName(value),
            })),
            ...(member.method === null || policy?.methods.includes(member.method)
              ? []
              : [
                  {
                    value: member.method,
                    label: policy ? methodWords.user.notAllowed(methodName(member.method)) : methodName(member.method),
                  },
                ]),
          ]}
          maw={480}
        />
        <div>
          {mayEditPhone ? (
            <>
              <PhoneField value={phone} onChange={setPhone} error={wrongPhone} />
              <Text size="sm" c="dimmed" mt={4}>
                {member.phone === null
                  ? methodWords.user.phoneNone
                  : member.phone.isVerified
                    ? methodWords.user.phoneVerified
                    : methodWords.user.phoneUnverified}{' '}
                {methodWords.user.phoneWhat(member.name)}
              </Text>
            </>
          ) : (
            <>
              <Text size="sm" fw={600}>
                {words.phone.number}
              </Text>
              <Text size="sm">{member.phone?.number}</Text>
              <Text size="sm" c="dimmed">
                {member.isShared
                  ? methodWords.user.phoneShared
                  : member.status === 'invited'
                    ? methodWords.user.phoneInvited
                    : member.phone === null
                      ? methodWords.user.phoneNone
                      : member.phone.isVerified
                        ? methodWords.user.phoneVerified
                        : methodWords.user.phoneUnverified}
              </Text>
            </>
          )}
        </div>
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
