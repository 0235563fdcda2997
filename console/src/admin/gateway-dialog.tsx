import { Alert, Button, Group, Modal, NativeSelect, NumberInput, PasswordInput, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Channel, ChannelView, GatewayChange, ShownGateway } from '#contract/gateways.ts'
import { words } from '#words/en/console.ts'
import { gatewayWords as say } from '#words/en/gateways.ts'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'

interface DialogProps {
  readonly view: ChannelView
  readonly opened: boolean
  readonly onClose: () => void
}

export function GatewayDialog({ view, opened, onClose }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={say.dialog(view.channel)}>
      <GatewayForm view={view} onClose={onClose} />
    </Modal>
  )
}

/** All fields of all kinds, as they are typed. */
interface Typed {
  readonly kind: ShownGateway['kind']
  readonly host: string
  readonly port: number
  readonly security: 'starttls' | 'tls'
  readonly username: string
  readonly mailFrom: string
  readonly accountSid: string
  readonly apiKeySid: string
  readonly from: string
  readonly messagingServiceSid: string
  readonly url: string
  readonly secret: string
}

const empty: Typed = {
  kind: 'smtp',
  host: '',
  port: 587,
  security: 'starttls',
  username: '',
  mailFrom: '',
  accountSid: '',
  apiKeySid: '',
  from: '',
  messagingServiceSid: '',
  url: '',
  secret: '',
}

function typedOf(channel: Channel, own: ShownGateway | null): Typed {
  if (own === null) return { ...empty, kind: channel === 'mail' ? 'smtp' : 'twilio' }
  if (own.kind === 'smtp') {
    const { host, port, security, username, from } = own
    return { ...empty, kind: 'smtp', host, port, security, username: username ?? '', mailFrom: from }
  }
  if (own.kind === 'twilio') {
    const { accountSid, apiKeySid, from, messagingServiceSid } = own
    const texts = { apiKeySid: apiKeySid ?? '', from: from ?? '', messagingServiceSid: messagingServiceSid ?? '' }
    return { ...empty, kind: 'twilio', accountSid, ...texts }
  }
  return { ...empty, kind: 'webhook', url: own.url }
}

/** What is sent: the fields of the kind, and the secret only if one was typed, or if there is none to be had. */
function settingsOf(typed: Typed): GatewayChange['settings'] {
  const text = (value: string) => value.trim() || null
  const secret = typed.secret === '' ? {} : { secret: typed.secret }
  switch (typed.kind) {
    case 'smtp': {
      const { host, port, security, mailFrom } = typed
      const username = text(typed.username)
      return { kind: 'smtp', host, port, security, username, from: mailFrom, ...(username === null ? { secret: null } : secret) }
    }
    case 'twilio':
      return {
        kind: 'twilio',
        accountSid: typed.accountSid,
        apiKeySid: text(typed.apiKeySid),
        from: text(typed.from),
        messagingServiceSid: text(typed.messagingServiceSid),
        ...secret,
      }
    case 'webhook':
      return { kind: 'webhook', url: typed.url, ...secret }
  }
}

function GatewayForm({ view, onClose }: Omit<DialogProps, 'opened'>) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  // The version that was read when the form was opened: a change by somebody else in the meantime is told, and not overwritten.
  const [version] = useState(view.version)
  const [typed, setTyped] = useState(() => typedOf(view.channel, view.own))
  const [fault, setFault] = useState<string>()
  const [overtaken, setOvertaken] = useState<string>()
  const { channel } = view
  const change = (next: Partial<Typed>) => setTyped((before) => ({ ...before, ...next }))
  const field = (name: 'host' | 'username' | 'mailFrom' | 'accountSid' | 'apiKeySid' | 'from' | 'messagingServiceSid' | 'url') => ({
    value: typed[name],
    maxLength: 500,
    autoComplete: 'off',
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => change({ [name]: event.currentTarget.value }),
  })
  const wrong = (...faults: readonly string[]) => (fault !== undefined && faults.includes(fault) ? say.faults[fault] : undefined)

  const save = async (event: FormEvent) => {
    event.preventDefault()
    const missing = missingOf(typed)
    setFault(missing)
    if (missing !== undefined) return
    const body: GatewayChange = { version, settings: settingsOf(typed) }
    const isDone = await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/gateways/${channel}`,
        body,
        says: say.says(channel),
        done: say.saved,
        isSecret: typed.secret !== '',
      },
      {
        onProblem: ({ code, details: { reason, changedBy } }) => {
          if (code === 'invalid-gateway') setFault(reason ?? 'kind')
          else if (code === 'moved-on') setOvertaken(say.overtaken(changedBy?.[0]))
          else return false
          return true
        },
      },
    )
    if (isDone) onClose()
  }

  const isStored = view.own?.kind === typed.kind && view.own.hasSecret
  const secret = (label: string) => (
    <PasswordInput
      label={label}
      description={isStored ? say.secretSet : undefined}
      value={typed.secret}
      onChange={(event) => change({ secret: event.currentTarget.value })}
      error={wrong('secret')}
      autoComplete="new-password"
      maxLength={200}
      visibilityToggleButtonProps={{ 'aria-label': say.reveal(label), tabIndex: 0 }}
    />
  )
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md">
        {overtaken !== undefined && (
          <Alert color="orange" role="alert">
            {overtaken}
          </Alert>
        )}
        {channel !== 'mail' && (
          <NativeSelect
            label={say.kind}
            value={typed.kind}
            onChange={(event) => change({ kind: event.currentTarget.value as Typed['kind'], secret: '' })}
            data={['twilio', 'webhook'].map((value) => ({ value, label: say.kinds[value] ?? value }))}
          />
        )}
        {typed.kind === 'smtp' && (
          <>
            <TextInput label={say.host} error={wrong('host')} required data-autofocus {...field('host')} />
            <NativeSelect
              label={say.security}
              value={typed.security}
              onChange={(event) => {
                const security = event.currentTarget.value as Typed['security']
                change({ security, port: security === 'tls' ? 465 : 587 })
              }}
              data={Object.entries(say.securities).map(([value, label]) => ({ value, label }))}
            />
            <NumberInput
              label={say.port}
              value={typed.port}
              min={1}
              max={65_535}
              allowDecimal={false}
              allowNegative={false}
              hideControls
              error={wrong('port')}
              onChange={(port) => change({ port: Number(port) || 0 })}
              maw={160}
            />
            <TextInput label={say.username} description={say.usernameWhat} {...field('username')} />
            {secret(say.password)}
            <TextInput label={say.from} description={say.fromWhat} error={wrong('from')} required {...field('mailFrom')} />
          </>
        )}
        {typed.kind === 'twilio' && (
          <>
            <TextInput label={say.accountSid} error={wrong('account')} required {...field('accountSid')} />
            <TextInput label={say.apiKeySid} description={say.apiKeySidWhat} {...field('apiKeySid')} />
            {secret(say.twilioSecret)}
            <TextInput label={say.number} description={say.numberWhat[channel]} error={wrong('sender')} {...field('from')} />
            {channel === 'text' && <TextInput label={say.service} description={say.serviceWhat} {...field('messagingServiceSid')} />}
          </>
        )}
        {typed.kind === 'webhook' && (
          <>
            <TextInput label={say.url} description={say.urlWhat} error={wrong('url')} required {...field('url')} />
            {secret(say.signingKey)}
          </>
        )}
        <Group className="buttons" justify="flex-end" mt="sm">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={isBusy} disabled={overtaken !== undefined}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The first field that is empty and must not be. */
function missingOf({ kind, host, mailFrom, port, accountSid, from, messagingServiceSid, url }: Typed): string | undefined {
  const isEmpty = (text: string) => text.trim() === ''
  if (kind === 'smtp') return isEmpty(host) ? 'host' : port < 1 || port > 65_535 ? 'port' : mailFrom.trim().length < 3 ? 'from' : undefined
  if (kind === 'twilio') return isEmpty(accountSid) ? 'account' : isEmpty(from) && isEmpty(messagingServiceSid) ? 'sender' : undefined
  return isEmpty(url) ? 'url' : undefined
}
