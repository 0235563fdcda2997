import { Button, Group, Modal, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Member, OneTimePassIssued, OneTimePassRequest } from '#contract/people.ts'
import { words } from '#words/en/console.ts'
import { passWords as say } from '#words/en/one-time-pass.ts'
import { passkeyWords } from '#words/en/passkeys.ts'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'

interface OneTimePassDialogProps {
  readonly member: Member
  readonly opened: boolean
  readonly onClose: () => void
}

/** Asks for the reason and for how long, and sends a pass that whoever issues it never sees. */
export function OneTimePassDialog({ member, opened, onClose }: OneTimePassDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.title(member.name)}>
      <OneTimePassForm member={member} onClose={onClose} />
    </Modal>
  )
}

/** The part of the reply that has to be told by voice. */
const spoken: keyof OneTimePassIssued = 'spoken'

function OneTimePassForm({ member, onClose }: Omit<OneTimePassDialogProps, 'opened'>) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState('60')
  const [isMissing, setMissing] = useState(false)

  const issue = async (event: FormEvent) => {
    event.preventDefault()
    const body: OneTimePassRequest = { reason: reason.trim(), minutes: Number(minutes) }
    setMissing(body.reason === '')
    if (body.reason === '') return
    const isDone = await run({
      method: 'POST',
      path: `/organizations/${organization.id}/users/${member.id}/one-time-pass`,
      body,
      says: say.says(member.name),
      done: say.done(member.name),
      shows: { field: spoken, ...say.spoken },
    })
    if (isDone) onClose()
  }

  return (
    <form onSubmit={issue} noValidate>
      <Stack gap="md">
        <Text>{say.what(member.email)}</Text>
        <Text c="dimmed">{say.sure}</Text>
        <Text c="dimmed">{passkeyWords.approval.needed(member.name)}</Text>
        <Textarea
          label={say.reason}
          description={say.reasonWhat}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={isMissing && reason.trim() === '' ? say.reasonMissing : undefined}
          maxLength={500}
          autosize
          minRows={2}
          required
          data-autofocus
        />
        <NativeSelect
          label={say.lifetime}
          value={minutes}
          onChange={(event) => setMinutes(event.currentTarget.value)}
          data={[...say.lifetimes]}
          maw={240}
        />
        <Group className="buttons" justify="flex-end" mt="sm">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {say.action}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
