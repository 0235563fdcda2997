import { ActionIcon, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Organization } from '#contract/organizations.ts'
import type { Member } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { authAnvilWords } from '#words/en/authanvil.ts'
import { words } from '#words/en/console.ts'
import { passWords } from '#words/en/one-time-pass.ts'
import { peopleWords } from '#words/en/people.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'
import { AuthAnvilPersonDialog, hasAuthAnvil } from './authanvil-person-dialog.tsx'
import { OneTimePassDialog } from './one-time-pass-dialog.tsx'

const say = words.users

type Question = 'disable' | 'reset' | 'unrequire' | 'suspend' | 'remove'

interface MemberActionsProps {
  readonly member: Member
  /** Absent while it is on its way; the entries that depend on it wait. */
  readonly policy: Policy | undefined
  /** Called when the member is gone. */
  readonly onRemoved?: () => void
}

/** The three dots. Entries that cannot be chosen stay and say why. */
export function MemberActions({ member, policy, onRemoved }: MemberActionsProps) {
  const { organization, may } = useWho()
  const [asked, setAsked] = useState<Question>()
  const [isAsking, asking] = useDisclosure(false)
  const [isIssuing, issuing] = useDisclosure(false)
  const [isNaming, naming] = useDisclosure(false)
  const { run, isBusy } = useChange()
  const ask = (question: Question) => () => {
    setAsked(question)
    asking.open()
  }

  const address = `/organizations/${organization.id}/users/${member.id}`
  const act = (action: 'enable' | 'disable' | 'reset', says: string, done: string) => () =>
    run({ method: 'POST', path: `${address}/two-factor`, body: { action }, says, done })
  const require = (required: boolean, says: string, done: string) => () =>
    run({ method: 'PATCH', path: address, body: { required }, says, done })

  const post = (path: string, says: string, done: string) => () => run({ method: 'POST', path: `${address}/${path}`, says, done })

  const isOutranked = !organization.grantableRoles.includes(member.role)
  // Whoever must use a passkey and has only something else is not secured by it, and can be reset all the same.
  const isEnrolled = member.badge === 'secured' || (member.badge === 'required' && member.kinds.length > 0)
  const hasSomething = isEnrolled || member.required
  const isCovered = member.isRequired && !member.required
  const mayDisable = may('undo-requirement') && !isOutranked && policy?.mode !== 'everyone'
  const whyNotDisable = isOutranked || mayDisable ? undefined : policy?.mode === 'everyone' ? say.requiredOfEveryone : say.securityAdminOnly

  const questions = {
    disable: {
      title: say.disableTitle(member.name),
      children: say.disableWhat(member.name),
      action: say.disable,
      onAction: act('disable', say.disableTitle(member.name), say.disabled(member.name)),
    },
    reset: {
      title: say.resetTitle(member.name),
      children: say.resetWhat(member.name),
      action: say.reset,
      onAction: act('reset', say.resetTitle(member.name), say.resetDone(member.name)),
    },
    unrequire: {
      title: say.unrequireTitle(member.name),
      children: say.unrequireWhat(member.name),
      action: say.unrequireAction,
      onAction: require(false, say.unrequireTitle(member.name), say.unrequired(member.name)),
    },
    suspend: {
      title: peopleWords.suspendTitle(member.name),
      children: peopleWords.suspendWhat(member.name, organization.name),
      action: peopleWords.suspend,
      onAction: post('suspension', peopleWords.suspendTitle(member.name), peopleWords.suspended(member.name)),
    },
    remove: {
      title: peopleWords.removeTitle(member.name),
      children:
        member.status === 'invited' ? peopleWords.removeInvitedWhat(member.name) : peopleWords.removeWhat(member.name, organization.name),
      action: peopleWords.remove,
      onAction: async () => {
        const [says, done] = [peopleWords.removeTitle(member.name), peopleWords.removed(member.name)]
        if (await run({ method: 'DELETE', path: address, says, done })) onRemoved?.()
      },
    },
  }

  return (
    <>
      <Menu position="bottom-end" width={320} alignItemsLabels="all">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={44} loading={isBusy} aria-label={say.actionsFor(member.name)}>
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={`/users/${member.id}`}>
            {say.edit}
          </Menu.Item>
          {isOutranked && <Menu.Label>{say.outranked(words.roles[member.role])}</Menu.Label>}
          {policy && !policy.enabled && <NotAvailable />}
          {policy?.enabled && (
            <>
              {hasSomething ? (
                <Menu.Item color="red" disabled={!mayDisable} onClick={ask('disable')}>
                  <Described label={say.disable} description={whyNotDisable} />
                </Menu.Item>
              ) : (
                <Menu.Item
                  disabled={!may('require-two-factor') || isOutranked || policy.mode === 'opt-in' || isCovered}
                  onClick={act('enable', say.enableSays(member.name), say.enabled(member.name))}
                >
                  <Described
                    label={say.enable}
                    description={policy.mode === 'opt-in' ? say.optIn : isCovered ? say.requiredOfEveryone : undefined}
                  />
                </Menu.Item>
              )}
              <Menu.CheckboxItem
                checked={member.required}
                closeMenuOnClick
                disabled={
                  isOutranked || (member.required ? !may('undo-requirement') : !may('require-two-factor') || policy.mode === 'opt-in')
                }
                onChange={(required) =>
                  required ? require(true, say.requireSays(member.name), say.required(member.name))() : ask('unrequire')()
                }
              >
                <Described label={say.require} description={isCovered ? say.requiredOfEveryone : undefined} />
              </Menu.CheckboxItem>
            </>
          )}
          <Menu.Item disabled={!may('reset-two-factor') || isOutranked || !isEnrolled} onClick={ask('reset')}>
            {say.reset}
          </Menu.Item>
          {member.status === 'active' && (
            <Menu.Item disabled={!mayIssuePass(member, organization)} onClick={issuing.open}>
              <Described label={passWords.entry} description={whyNoPass(member, organization)} />
            </Menu.Item>
          )}
          {hasAuthAnvil(policy) && (
            <Menu.Item disabled={!may('change-authanvil') || isOutranked} onClick={naming.open}>
              <Described
                label={authAnvilWords.person.entry}
                description={may('change-authanvil') ? undefined : authAnvilWords.person.securityAdminOnly}
              />
            </Menu.Item>
          )}
          {member.status === 'invited' && (
            <Menu.Item
              disabled={!may('invite-users')}
              onClick={post('invitation', say.inviteAgainSays(member.email), say.invitedAgain(member.email))}
            >
              {say.inviteAgain}
            </Menu.Item>
          )}
          {member.status !== 'invited' && (
            <Menu.Item
              disabled={!may('unlock-users') || isOutranked || member.isShared}
              onClick={post('unlocking', peopleWords.unlockSays(member.name), peopleWords.unlocked(member.name))}
            >
              <Described
                label={peopleWords.unlock}
                description={!may('unlock-users') ? say.securityAdminOnly : member.isShared ? peopleWords.shared : undefined}
              />
            </Menu.Item>
          )}
          {!member.isSelf && <Menu.Divider />}
          {!member.isSelf && member.status === 'active' && (
            <Menu.Item color="red" disabled={!may('suspend-users') || isOutranked} onClick={ask('suspend')}>
              {peopleWords.suspend}
            </Menu.Item>
          )}
          {member.status === 'suspended' && (
            <Menu.Item
              disabled={!may('suspend-users') || isOutranked}
              onClick={post('reinstatement', peopleWords.reinstateSays(member.name), peopleWords.reinstated(member.name))}
            >
              {peopleWords.reinstate}
            </Menu.Item>
          )}
          {!member.isSelf && (
            <Menu.Item color="red" disabled={!may('remove-users') || isOutranked} onClick={ask('remove')}>
              <Described label={peopleWords.remove} description={may('remove-users') ? undefined : say.securityAdminOnly} />
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <OneTimePassDialog member={member} opened={isIssuing} onClose={issuing.close} />
      {hasAuthAnvil(policy) && <AuthAnvilPersonDialog member={member} opened={isNaming} onClose={naming.close} />}
      {asked && <Ask opened={isAsking} onClose={asking.close} {...questions[asked]} />}
    </>
  )
}

/** Whether whoever looks may send this person a one-time pass; who has nothing to replace is told when it is tried. */
export function mayIssuePass(member: Member, organization: Organization): boolean {
  const isOutranked = !organization.grantableRoles.includes(member.role)
  return organization.rights.includes('reset-two-factor') && !isOutranked && !member.isSelf && !member.isShared
}

/** Why not, where it does not show by itself. */
export function whyNoPass(member: Member, organization: Organization): string | undefined {
  if (!organization.rights.includes('reset-two-factor')) return undefined
  return member.isSelf ? passWords.self : member.isShared ? peopleWords.shared : undefined
}

/** An entry with a second line that says why it cannot be chosen. */
function Described({ label, description }: { readonly label: string; readonly description: string | undefined }) {
  return (
    <>
      {label}
      {description !== undefined && (
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      )}
    </>
  )
}

/** The organization has it off: what would be here, and the way to change that or the one to ask. */
function NotAvailable() {
  const { may } = useWho()
  return (
    <>
      <Menu.Item disabled>
        <Described label={say.notAvailable} description={may('change-policy') ? undefined : say.notAvailableAsk} />
      </Menu.Item>
      {may('change-policy') && (
        <Menu.Item component={Link} to="/company-settings">
          {say.notAvailableLink}
        </Menu.Item>
      )}
    </>
  )
}
