import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { words } from '#words/en/console.ts'
import { passwordTooWeak } from '#words/en/passwords.ts'
import { profileQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { Section } from '../page.tsx'
import { useWho } from '../who.tsx'

const say = words.settings.password

export function PasswordCard() {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <Section
      id="password"
      title={say.title}
      what={say.what}
      aside={
        <Button variant="default" onClick={() => setOpen(true)}>
          {say.change}
        </Button>
      }
    >
      <Modal opened={isOpen} onClose={close} title={say.change}>
        <PasswordForm onClose={close} />
      </Modal>
    </Section>
  )
}

function PasswordForm({ onClose }: { readonly onClose: () => void }) {
  const { session } = useWho()
  const { data: profile } = useQuery(profileQuery)
  const { run, isBusy } = useChange()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<{ readonly current?: string; readonly password?: string }>({})
  const change = async (event: FormEvent) => {
    event.preventDefault()
    const missing = { ...(current === '' ? { current: say.missing } : {}), ...(password === '' ? { password: say.missing } : {}) }
    setWrong(missing)
    if (Object.keys(missing).length > 0) return
    const isDone = await run(
      { method: 'PUT', path: '/me/password', body: { current, password }, says: say.change, done: say.done },
      {
        onProblem: ({ code, message, details: { reason, minLength, raisedBy } }) => {
          if (code === 'password-too-weak') setWrong({ password: passwordTooWeak({ code, reason, minLength, raisedBy }).advice })
          else setWrong({ current: code === 'wrong-password' ? say.wrong : message })
          return true
        },
      },
    )
    if (isDone) onClose()
  }
  const reveal = (label: string) => ({ 'aria-label': say.reveal(label), tabIndex: 0 })
  return (
    <form onSubmit={change} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{say.consequence}</Text>
        {/* Only so that a password manager knows whose password this is. */}
        <input type="hidden" autoComplete="username" value={session.user.email} readOnly />
        <PasswordInput
          label={say.current}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          error={wrong.current}
          autoComplete="current-password"
          maxLength={1024}
          required
          visibilityToggleButtonProps={reveal(say.current)}
          data-autofocus
        />
        <PasswordInput
          label={say.new}
          description={profile && say.hint(profile.leastPasswordLength, profile.passwordLengthRaisedBy)}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong.password}
          autoComplete="new-password"
          maxLength={1024}
          required
          visibilityToggleButtonProps={reveal(say.new)}
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.change} />
      </Stack>
    </form>
  )
}
