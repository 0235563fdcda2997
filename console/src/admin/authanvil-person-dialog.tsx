import { Modal, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { AuthAnvilPerson, AuthAnvilPersonChange } from '#contract/authanvil.ts'
import type { Member } from '#contract/people.ts'
import type { Policy } from '#contract/policy.ts'
import { authAnvilWords } from '#words/en/authanvil.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { authAnvilPersonQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = authAnvilWords.person

/** Whether there is an AuthAnvil that could know this person by something else. */
export const hasAuthAnvil = (policy: Policy | undefined) => policy?.availableMethods.includes('authanvil') === true

interface AuthAnvilPersonDialogProps {
  readonly member: Member
  readonly opened: boolean
  readonly onClose: () => void
}

/** "AuthAnvil name and PIN": what AuthAnvil knows one person by, where that is not what holds for everybody. */
export function AuthAnvilPersonDialog({ member, opened, onClose }: AuthAnvilPersonDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.title(member.name)}>
      <Stored member={member} onClose={onClose} />
    </Modal>
  )
}

function Stored({ member, onClose }: Omit<AuthAnvilPersonDialogProps, 'opened'>) {
  const { organization } = useWho()
  const found = useQuery(authAnvilPersonQuery(organization.id, member.id))
  return (
    <Shown query={found} whom={authAnvilWords.forbidden(organization.name)} lines={3}>
      {(stored) => <PersonForm member={member} stored={stored} onClose={onClose} />}
    </Shown>
  )
}

type Pin = 'organization' | 'kept' | 'new' | 'none'

function PersonForm({ member, stored, onClose }: Omit<AuthAnvilPersonDialogProps, 'opened'> & { readonly stored: AuthAnvilPerson }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [userName, setUserName] = useState(stored.userName ?? '')
  const [choice, setChoice] = useState<Pin>(stored.hasPin ? 'kept' : 'organization')
  const [pin, setPin] = useState('')
  const [fault, setFault] = useState<string>()
  const wrong = (name: string) => (fault === name ? say.faults[name] : undefined)
  const choices = (Object.keys(say.pins) as Pin[]).filter((one) => one !== 'kept' || stored.hasPin)

  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFault(undefined)
    if (choice === 'new' && pin === '') return setFault('pin')
    const pins = { organization: { pin: null }, kept: {}, new: { pin }, none: { pin: '' } } as const
    const body: AuthAnvilPersonChange = { userName: userName.trim() === '' ? null : userName.trim(), ...pins[choice] }
    const isDone = await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/users/${member.id}/authanvil`,
        body,
        says: say.says(member.name),
        done: say.done(member.name),
        isSecret: choice === 'new',
      },
      {
        onProblem: ({ code, details: { reason } }) => {
          if (code === 'invalid-authanvil') setFault(reason)
          return code === 'invalid-authanvil'
        },
      },
    )
    if (isDone) onClose()
  }

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md">
        <Text size="sm">{say.what}</Text>
        <TextInput
          label={say.userName}
          description={say.userNameWhat(member.email)}
          error={wrong('userName')}
          value={userName}
          maxLength={128}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setUserName(event.currentTarget.value)}
          data-autofocus
        />
        <NativeSelect
          label={say.pin}
          description={say.pinWhat}
          data={choices.map((value) => ({ value, label: say.pins[value] }))}
          value={choice}
          onChange={({ currentTarget: { value } }) => setChoice(choices.find((one) => one === value) ?? 'organization')}
        />
        {choice === 'new' && (
          <PasswordInput
            label={say.newPin}
            error={wrong('pin')}
            value={pin}
            maxLength={32}
            autoComplete="new-password"
            onChange={(event) => setPin(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': gatewayWords.reveal(say.newPin), tabIndex: 0 }}
          />
        )}
        <DialogButtons onClose={onClose} isBusy={isBusy} action={authAnvilWords.save} />
      </Stack>
    </form>
  )
}
