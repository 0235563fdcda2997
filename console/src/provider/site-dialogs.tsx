import { Modal, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { NewSite, Site, SiteChange, SiteRemoval } from '#contract/sites.ts'
import { words } from '#words/en/console.ts'
import { siteWords as say } from '#words/en/sites.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { useWho } from '../who.tsx'

interface DialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

interface SiteDialogProps extends DialogProps {
  readonly site: Site
}

export function CreateSiteDialog({ opened, onClose }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.createTitle}>
      <CreateForm onClose={onClose} />
    </Modal>
  )
}

function CreateForm({ onClose }: Pick<DialogProps, 'onClose'>) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [name, setName] = useState('')
  const [wrong, setWrong] = useState<string>()
  const create = async (event: FormEvent) => {
    event.preventDefault()
    const body: NewSite = { name: name.trim() }
    setWrong(body.name === '' ? say.nameMissing : undefined)
    if (body.name === '') return
    const path = `/organizations/${organization.id}/sites`
    if (await run({ method: 'POST', path, body, says: say.createSays(body.name), done: say.created(body.name) })) onClose()
  }
  return (
    <form onSubmit={create} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{say.createWhat}</Text>
        <NameField value={name} onChange={setName} error={wrong} />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.create} />
      </Stack>
    </form>
  )
}

export function EditSiteDialog({ opened, onClose, site }: SiteDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.editTitle(site.name)}>
      <EditForm site={site} onClose={onClose} />
    </Modal>
  )
}

function EditForm({ site, onClose }: Omit<SiteDialogProps, 'opened'>) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [name, setName] = useState(site.name)
  const [host, setHost] = useState(site.host ?? '')
  const [wrong, setWrong] = useState<{ readonly name?: string; readonly host?: string }>({})
  const update = async (event: FormEvent) => {
    event.preventDefault()
    setWrong(name.trim() === '' ? { name: say.nameMissing } : {})
    if (name.trim() === '') return
    const body: SiteChange = { name: name.trim(), host: host.trim() === '' ? null : host.trim() }
    const isDone = await run(
      {
        method: 'PATCH',
        path: `/organizations/${organization.id}/sites/${site.id}`,
        body,
        says: say.editSays(site.name),
        done: words.saved,
      },
      {
        onProblem: ({ code, message }) => {
          const isAboutHost = code === 'invalid-host' || code === 'host-taken'
          if (isAboutHost) setWrong({ host: message })
          return isAboutHost
        },
      },
    )
    if (isDone) onClose()
  }
  return (
    <form onSubmit={update} noValidate>
      <Stack gap="md">
        <NameField value={name} onChange={setName} error={wrong.name} />
        <TextInput
          label={say.host}
          description={say.hostWhat}
          value={host}
          onChange={(event) => setHost(event.currentTarget.value)}
          error={wrong.host}
          maxLength={253}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={words.update} />
      </Stack>
    </form>
  )
}

export function RemoveSiteDialog({ opened, onClose, site }: SiteDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.removeTitle(site.name)}>
      <RemoveForm site={site} onClose={onClose} />
    </Modal>
  )
}

function RemoveForm({ site, onClose }: Omit<SiteDialogProps, 'opened'>) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [name, setName] = useState('')
  const [wrong, setWrong] = useState<string>()
  const remove = async (event: FormEvent) => {
    event.preventDefault()
    setWrong(name.trim() === '' ? say.nameMissing : undefined)
    if (name.trim() === '') return
    const body: SiteRemoval = { name: name.trim() }
    const isDone = await run(
      {
        method: 'POST',
        path: `/organizations/${organization.id}/sites/${site.id}/removal`,
        body,
        says: say.removeSays(site.name),
        done: say.removed(site.name),
      },
      {
        onProblem: ({ code, message }) => {
          if (code === 'name-mismatch') setWrong(message)
          return code === 'name-mismatch'
        },
      },
    )
    if (isDone) onClose()
  }
  return (
    <form onSubmit={remove} noValidate>
      <Stack gap="md">
        <Text>{say.removeAsk(site.people.total)}</Text>
        <TextInput
          label={say.removeName(site.name)}
          dir="auto"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrong}
          maxLength={120}
          autoComplete="off"
          data-autofocus
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.removeAction} isDangerous />
      </Stack>
    </form>
  )
}

interface NameFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error: string | undefined
}

function NameField({ value, onChange, error }: NameFieldProps) {
  return (
    <TextInput
      label={say.name}
      dir="auto"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      maxLength={120}
      required
      autoComplete="off"
      data-autofocus
    />
  )
}
