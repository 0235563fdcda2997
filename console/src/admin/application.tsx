import { Alert, Anchor, Badge, Button, EmptyState, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { ApplicationChange, Application as ApplicationView } from '#contract/applications.ts'
import { applicationWords as say } from '#words/en/applications.ts'
import { words } from '#words/en/console.ts'
import { applicationQuery, applicationsQuery, Problem } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { CopyField } from '../copy-field.tsx'
import { Page, Section } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { type Fault, SettingsFacts, SettingsFields } from './application-kinds.tsx'

/** One application: what to type into it, its settings, and its end. */
export function Application() {
  const { organization, may } = useWho()
  const { applicationId } = useParams({ from: '/applications/$applicationId' })
  const isAllowed = may('change-applications')
  const found = useQuery({ ...applicationQuery(organization.id, applicationId), enabled: isAllowed })
  const path = [
    words.frame.admin,
    <Anchor key="applications" component={Link} to="/applications" inherit>
      {say.title}
    </Anchor>,
  ]
  if (!isAllowed)
    return (
      <Page title={say.title} path={path}>
        <Forbidden whom={say.forbidden(organization.name)} />
      </Page>
    )
  if (found.error instanceof Problem && found.error.status === 404)
    return (
      <Page title={say.title} path={path}>
        <EmptyState py="xl" title={say.gone} description={say.goneWhat} />
      </Page>
    )
  return (
    <Page title={found.data?.name ?? say.title} path={path} isNarrow>
      <Shown query={found} lines={8}>
        {(application) => (
          <>
            <Access application={application} />
            <Settings key={application.version} application={application} />
            <End application={application} />
          </>
        )}
      </Shown>
    </Page>
  )
}

interface Part {
  readonly application: ApplicationView
}

function Access({ application }: Part) {
  const { id, name, clientId, hasSecret } = application
  const { organization } = useWho()
  const { run } = useChange()
  const [isAsked, asking] = useDisclosure(false)
  const { data } = useQuery(applicationsQuery(organization.id))
  const renew = () =>
    run({
      method: 'POST',
      path: `/organizations/${organization.id}/applications/${id}/secret`,
      says: say.renewSays(name),
      done: say.renewed,
      shows: { field: 'secret', title: say.secretTitle, what: say.secretWhat, close: say.secretClose, isCopied: true },
    })
  return (
    <Section id="access" title={say.access} what={say.accessWhat}>
      <Stack gap="md" mt="md">
        <CopyField label={say.clientId} text={clientId} />
        {hasSecret && (
          <Group justify="space-between" gap="xs">
            <div>
              <Text size="sm" fw={600}>
                {say.secret}
              </Text>
              <Text size="sm" c="dimmed">
                {say.secretKept}
              </Text>
            </div>
            <Button variant="default" onClick={asking.open}>
              {say.renew}
            </Button>
          </Group>
        )}
        {data && <SettingsFacts application={application} issuer={data.issuer} />}
      </Stack>
      <Ask opened={isAsked} onClose={asking.close} title={say.renewTitle(name)} action={say.renew} onAction={renew}>
        <Text>{say.renewAsk}</Text>
      </Ask>
    </Section>
  )
}

function Settings({ application }: Part) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  // The version that was read when the form was opened: a change by somebody else in the meantime is told, and not overwritten.
  const [version] = useState(application.version)
  const [name, setName] = useState(application.name)
  const [settings, setSettings] = useState(application.settings)
  const [fault, setFault] = useState<Fault>()
  const [overtaken, setOvertaken] = useState<string>()
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const body: ApplicationChange = { version, name: name.trim(), settings }
    setFault(body.name === '' ? { field: 'name' } : undefined)
    if (body.name === '') return
    await run(
      {
        method: 'PATCH',
        path: `/organizations/${organization.id}/applications/${application.id}`,
        body,
        says: say.saveSays(application.name),
        done: say.saved,
      },
      {
        onProblem: ({ code, details: { reason, said, changedBy } }) => {
          if (code === 'invalid-application') setFault({ field: reason ?? '', ...(said === undefined ? {} : { value: said }) })
          else if (code === 'moved-on') setOvertaken(say.overtaken(changedBy?.[0]))
          else return false
          return true
        },
      },
    )
  }
  return (
    <Section id="settings" title={say.settings}>
      <form onSubmit={save} noValidate>
        <Stack gap="md" mt="md">
          <div role="status">{overtaken !== undefined && <Alert color="orange">{overtaken}</Alert>}</div>
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
          />
          <SettingsFields settings={settings} onChange={setSettings} fault={fault} />
          {application.changedBy !== null && (
            <Text size="sm" c="dimmed" className="words">
              {say.changedBy(application.changedBy, when(application.changedAt))}
            </Text>
          )}
          <div>
            <Button type="submit" loading={isBusy} disabled={overtaken !== undefined}>
              {say.save}
            </Button>
          </div>
        </Stack>
      </form>
    </Section>
  )
}

function End({ application: { id, name, version, isOn } }: Part) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const navigate = useNavigate()
  const [isOffAsked, askingOff] = useDisclosure(false)
  const [isRemovalAsked, askingRemoval] = useDisclosure(false)
  const path = `/organizations/${organization.id}/applications/${id}`
  const turn = (on: boolean) =>
    run({
      method: 'PATCH',
      path,
      body: { version, isOn: on } satisfies ApplicationChange,
      says: on ? say.switchOnSays(name) : say.switchOffSays(name),
      done: on ? say.switchedOn(name) : say.switchedOff(name),
    })
  const remove = () =>
    run(
      { method: 'DELETE', path, says: say.removeSays(name), done: say.removed(name) },
      { onDone: () => void navigate({ to: '/applications' }) },
    )
  return (
    <Section
      id="end"
      title={say.end}
      what={say.endWhat}
      aside={
        !isOn && (
          <Badge variant="light" color="red" radius={6} size="lg" className="state">
            {say.off}
          </Badge>
        )
      }
    >
      <Group mt="md">
        {isOn ? (
          <Button variant="default" onClick={askingOff.open}>
            {say.switchOff}
          </Button>
        ) : (
          <Button loading={isBusy} onClick={() => turn(true)}>
            {say.switchOn}
          </Button>
        )}
        <Button color="red" variant="outline" onClick={askingRemoval.open}>
          {say.remove}
        </Button>
      </Group>
      <Ask
        opened={isOffAsked}
        onClose={askingOff.close}
        title={say.switchOffTitle(name)}
        action={say.switchOff}
        onAction={() => turn(false)}
      >
        <Text>{say.switchOffAsk}</Text>
      </Ask>
      <Ask opened={isRemovalAsked} onClose={askingRemoval.close} title={say.removeTitle(name)} action={say.remove} onAction={remove}>
        <Text>{say.removeAsk}</Text>
      </Ask>
    </Section>
  )
}
