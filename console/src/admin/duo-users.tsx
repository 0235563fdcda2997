import { Alert, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { DuoUsers } from '#contract/duo-users.ts'
import { duoPushWords } from '#words/en/duo-push.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { duoUsersQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = duoPushWords.cleanUp

/** Of the provider: who is left behind in its Duo, and what takes them out. */
export function DuoUsersCard() {
  const { organization } = useWho()
  const found = useQuery(duoUsersQuery(organization.id))
  return (
    <Section id="duo-users" title={say.title} what={say.what}>
      <Shown query={found} lines={4}>
        {(users) => (
          <Stack gap="md" mt="md">
            <Text size="sm">{users.admin ? say.on : say.off}</Text>
            <LeftBehind users={users} />
            <AdminKeys key={users.admin?.key ?? ''} stored={users.admin} />
          </Stack>
        )}
      </Shown>
    </Section>
  )
}

function LeftBehind({ users: { left } }: { readonly users: DuoUsers }) {
  if (left.length === 0) return <Text size="sm">{say.nobody}</Text>
  return (
    <div>
      <Text size="sm" id="duo-users-left">
        {say.left(left.length)}
      </Text>
      <ul aria-labelledby="duo-users-left">
        {left.map(({ id, person, userName, isSure, trouble }) => (
          <li key={id}>
            <Text size="sm" className="words">
              {say.person(person, userName)}
              {trouble !== undefined && trouble !== 'no-admin' && ` (${say.trouble})`}
              {!isSure && ` (${say.unsure})`}
            </Text>
          </li>
        ))}
      </ul>
    </div>
  )
}

function AdminKeys({ stored }: { readonly stored: DuoUsers['admin'] }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [host, setHost] = useState(stored?.host ?? '')
  const [key, setKey] = useState(stored?.key ?? '')
  const [secret, setSecret] = useState('')
  const [fault, setFault] = useState<string>()
  const [trouble, setTrouble] = useState<string>()
  const path = `/organizations/${organization.id}/duo/users`
  const wrong = (name: string) => (fault === `admin.${name}` ? say.faults[name] : undefined)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFault(undefined)
    setTrouble(undefined)
    await run(
      { method: 'PUT', path, body: { admin: { host, key, secret } }, says: say.says, done: say.saved, isSecret: true },
      {
        onProblem: ({ code, details: { reason, admin } }) => {
          if (code === 'invalid-duo' && reason === 'admin.account') setTrouble(say.faults.account)
          else if (code === 'invalid-duo') setFault(reason)
          else if (code === 'duo-check-failed') setTrouble(say.check(admin ?? ''))
          else return false
          return true
        },
      },
    )
  }
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="sm">
        <TextInput
          label={say.key}
          error={wrong('key')}
          value={key}
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <PasswordInput
          label={say.secret}
          description={stored ? say.secretKept : undefined}
          error={wrong('secret')}
          value={secret}
          maxLength={200}
          autoComplete="new-password"
          onChange={(event) => setSecret(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': gatewayWords.reveal(say.secret), tabIndex: 0 }}
        />
        <TextInput
          label={say.host}
          description={duoWords.hostWhat}
          error={wrong('host')}
          value={host}
          maxLength={500}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setHost(event.currentTarget.value)}
        />
        <div role="status">
          {trouble !== undefined && (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={say.failed}>
              {trouble}
            </Alert>
          )}
        </div>
        <Group gap="sm">
          <Button type="submit" loading={isBusy}>
            {say.save}
          </Button>
          {stored && (
            <Button
              variant="default"
              disabled={isBusy}
              onClick={() => run({ method: 'PUT', path, body: { admin: null }, says: say.says, done: say.removed })}
            >
              {say.remove}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
