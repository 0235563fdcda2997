import { Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Role } from '#contract/account.ts'
import type { Organization } from '#contract/organizations.ts'
import type { Invitation } from '#contract/people.ts'
import { words } from '#words/en/console.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { useWho } from '../who.tsx'

const say = words.inviteDialog

interface InviteDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
  /** Into which organization; the one on show when absent. */
  readonly organization?: Organization | undefined
  readonly startAs?: Role
}

export function InviteDialog({ opened, ...rest }: InviteDialogProps) {
  return (
    <Modal opened={opened} onClose={rest.onClose} title={say.title}>
      <InviteForm {...rest} />
    </Modal>
  )
}

function InviteForm({ onClose, organization: into, startAs = 'user' }: Omit<InviteDialogProps, 'opened'>) {
  const { organization: shown } = useWho()
  const organization = into ?? shown
  const { run, isBusy } = useChange()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>(startAs)
  const [wrong, setWrong] = useState<{ readonly name?: string; readonly email?: string }>({})

  const invite = async (event: FormEvent) => {
    event.preventDefault()
    const invitation: Invitation = { name: name.trim(), email: email.trim(), role }
    const missing = {
      ...(invitation.name === '' ? { name: say.nameMissing } : {}),
      ...(invitation.email.length < 3 ? { email: say.emailMissing } : {}),
    }
    setWrong(missing)
    if (Object.keys(missing).length > 0) return
    const isDone = await run(
      {
        method: 'POST',
        path: `/organizations/${organization.id}/users`,
        body: invitation,
        says: say.says(invitation.email, words.roles[role]),
        done: say.done(invitation.email),
      },
      {
        onProblem: (problem) => {
          const isAboutEmail = problem.code === 'email-taken' || problem.code === 'invalid-email'
          if (isAboutEmail) setWrong({ email: problem.message })
          return isAboutEmail
        },
      },
    )
    if (isDone) onClose()
  }

  return (
    <form onSubmit={invite} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{say.what}</Text>
        <TextInput
          label={words.users.name}
          dir="auto"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrong.name}
          maxLength={120}
          required
          autoComplete="off"
          data-autofocus
        />
        <TextInput
          label={words.users.email}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={wrong.email}
          maxLength={320}
          required
          autoComplete="off"
        />
        <NativeSelect
          label={words.users.role}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
          data={organization.grantableRoles.toReversed().map((value) => ({ value, label: words.roles[value] }))}
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.action} />
      </Stack>
    </form>
  )
}
