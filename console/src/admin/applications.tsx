import { Anchor, Badge, Button, Card, EmptyState, Modal, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Application, ApplicationSettings, CreatedApplication, NewApplication } from '#contract/applications.ts'
import { applicationWords as say } from '#words/en/applications.ts'
import { words } from '#words/en/console.ts'
import { applicationsQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { Page } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { ApiKeys } from './api-keys.tsx'
import { applicationKinds, SettingsFields } from './application-kinds.tsx'

/** Whatever signs its people in through Countersign. */
export function Applications() {
  const { organization, may } = useWho()
  const [isCreating, creating] = useDisclosure(false)
  const isAllowed = may('change-applications')
  return (
    <Page
      title={say.title}
      path={[words.frame.admin, say.title]}
      action={
        isAllowed && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={creating.open} aria-label={say.create}>
            {say.add}
          </Button>
        )
      }
    >
      {isAllowed ? <Found onCreate={creating.open} /> : <Forbidden whom={say.forbidden(organization.name)} />}
      {isAllowed && <ApiKeys />}
      <Modal opened={isCreating} onClose={creating.close} title={say.createTitle} size="lg">
        <CreateForm onClose={creating.close} />
      </Modal>
    </Page>
  )
}

function Found({ onCreate }: { readonly onCreate: () => void }) {
  const { organization } = useWho()
  const found = useQuery(applicationsQuery(organization.id))
  return (
    <>
      <div>
        <Text c="dimmed">{say.lead}</Text>
        <Anchor component={Link} to="/help/applications" className="target">
          {say.which}
        </Anchor>
      </div>
      <Shown query={found} lines={6}>
        {({ applications }) =>
          applications.length === 0 ? (
            <Card withBorder>
              <EmptyState py="xl" title={say.none} description={say.noneWhat}>
                <EmptyState.Actions>
                  <Button onClick={onCreate}>{say.create}</Button>
                </EmptyState.Actions>
              </EmptyState>
            </Card>
          ) : (
            <Card withBorder padding={0}>
              <ApplicationTable applications={applications} />
            </Card>
          )
        }
      </Shown>
    </>
  )
}

/** On narrow screens the style sheet lays each row out as a card; the roles keep it a table for screen readers. */
function ApplicationTable({ applications }: { readonly applications: readonly Application[] }) {
  return (
    <Table role="table" className="cards sites" verticalSpacing={4} horizontalSpacing="md" highlightOnHover>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {[say.name, say.kind, say.status, say.lastUsed].map((heading) => (
            <Table.Th key={heading} role="columnheader" scope="col">
              {heading}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {applications.map(({ id, name, settings, isOn, lastUsedAt }) => (
          <Table.Tr role="row" key={id}>
            <Table.Td role="cell" className="name">
              <Anchor component={Link} to={`/applications/${id}`} fw={600} size="sm" className="target words">
                <bdi>{name}</bdi>
              </Anchor>
            </Table.Td>
            <Table.Td role="cell" className="figure" data-label={say.kind}>
              {say.kinds[settings.kind]}
            </Table.Td>
            <Table.Td role="cell" className="figure" data-label={say.status}>
              {isOn ? (
                say.on
              ) : (
                <Badge variant="light" color="red" radius={6} size="lg" className="state">
                  {say.off}
                </Badge>
              )}
            </Table.Td>
            <Table.Td role="cell" className="figure" data-label={say.lastUsed}>
              {lastUsedAt === null ? say.never : when(lastUsedAt)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function CreateForm({ onClose }: { readonly onClose: () => void }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [settings, setSettings] = useState<ApplicationSettings>(applicationKinds.oidc)
  const [fault, setFault] = useState<{ readonly field: string; readonly value?: string }>()
  const create = async (event: FormEvent) => {
    event.preventDefault()
    const body: NewApplication = { name: name.trim(), settings }
    setFault(body.name === '' ? { field: 'name' } : undefined)
    if (body.name === '') return
    const isDone = await run(
      {
        method: 'POST',
        path: `/organizations/${organization.id}/applications`,
        body,
        says: say.createSays(body.name),
        done: say.created(body.name),
        shows: { field: 'secret', title: say.secretTitle, what: say.secretWhat, close: say.secretClose, isCopied: true },
      },
      {
        onDone: (reply) => {
          const { application } = reply as CreatedApplication
          void navigate({ to: '/applications/$applicationId', params: { applicationId: application.id } })
        },
        onProblem: ({ code, details: { reason, said } }) => {
          if (code === 'invalid-application') setFault({ field: reason ?? '', ...(said === undefined ? {} : { value: said }) })
          return code === 'invalid-application'
        },
      },
    )
    if (isDone) onClose()
  }
  return (
    <form onSubmit={create} noValidate>
      <Stack gap="md">
        <TextInput
          label={say.name}
          description={say.nameWhat}
          dir="auto"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fault?.field === 'name' ? say.nameMissing : undefined}
          maxLength={120}
          required
          autoComplete="off"
          data-autofocus
        />
        {Object.keys(applicationKinds).length > 1 && (
          <NativeSelect
            label={say.kind}
            description={say.kindWhat[settings.kind]}
            value={settings.kind}
            onChange={(event) => setSettings(applicationKinds[event.currentTarget.value as ApplicationSettings['kind']])}
            data={Object.keys(applicationKinds).map((kind) => ({ value: kind, label: say.kinds[kind] ?? kind }))}
          />
        )}
        <SettingsFields settings={settings} onChange={setSettings} fault={fault} />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.create} />
      </Stack>
    </form>
  )
}
