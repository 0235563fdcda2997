import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import type { Profile } from '#contract/profile.ts'
import { words } from '#words/en/console.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'

const say = words.settings.email

/** One's email, the way to change it, and a change that waits for its link. */
export function EmailPart({ profile }: { readonly profile: Profile }) {
  const { run, isBusy } = useChange()
  const [isOpen, setOpen] = useState(false)
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="md">
        <dl className="facts">
          <dt>{say.title}</dt>
          <dd>{profile.email}</dd>
        </dl>
        <Button variant="default" onClick={() => setOpen(true)}>
          {say.change}
        </Button>
      </Group>
      {profile.pendingEmail !== null && (
        <Alert color="blue" icon={<IconMail aria-hidden />} title={say.pending}>
          <Text size="sm" className="words">
            {say.pendingWhat(profile.pendingEmail.email, profile.email)}
          </Text>
          <Button
            variant="default"
            mt="md"
            disabled={isBusy}
            onClick={() => run({ method: 'DELETE', path: '/me/email-change', says: say.cancel, done: say.cancelled })}
          >
            {say.cancel}
          </Button>
        </Alert>
      )}
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={say.change}>
        <EmailForm onClose={() => setOpen(false)} />
      </Modal>
    </Stack>
  )
}

function EmailForm({ onClose }: { readonly onClose: () => void }) {
  const { run, isBusy } = useChange()
  const [email, setEmail] = useState('')
  const [wrong, setWrong] = useState<string>()
  const ask = async (event: FormEvent) => {
    event.preventDefault()
    const to = email.trim()
    setWrong(to.length < 3 ? words.inviteDialog.emailMissing : undefined)
    if (to.length < 3) return
    let isRefused = false
    await run(
      { method: 'POST', path: '/me/email-change', body: { email: to }, says: say.says(to), done: say.done(to) },
      {
        onProblem: (problem) => {
          isRefused = true
          setWrong(problem.message)
          return true
        },
      },
    )
    // Where a proof is asked first, that question takes the place of this one.
    if (!isRefused) onClose()
  }
  return (
    <form onSubmit={ask} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{say.what}</Text>
        <TextInput
          label={say.new}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={wrong}
          maxLength={320}
          autoComplete="email"
          required
          data-autofocus
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.action} />
      </Stack>
    </form>
  )
}
