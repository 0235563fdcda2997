import { Alert, Anchor, Button, Card, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { words } from '#words/en/console.ts'
import { duoWords as say } from '#words/en/duo-settings.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { sessionQuery, start } from '../api.ts'
import type { Keys, Which } from './duo-draft.ts'

const documentation = {
  prompt: { label: say.documentation, href: 'https://duo.com/docs/duoweb' },
  auth: { label: say.documentationAuth, href: 'https://duo.com/docs/authapi' },
} as const satisfies Record<Which, unknown>

interface DuoKeysProps {
  readonly which: Which
  readonly keys: Keys
  /** A secret is stored, which is never given out. */
  readonly hasSecret: boolean
  readonly onChange: (keys: Keys) => void
  /** The field that the server refused, as in `prompt.host`. */
  readonly fault: string | undefined
  /** What Duo said of these keys. */
  readonly result: string | undefined
}

/** The three values of one application, with what Duo said of them. */
export function DuoKeys({ which, keys, hasSecret, onChange, fault, result }: DuoKeysProps) {
  const id = `duo-${which}`
  const { title, what } = say.applications[which]
  const wrong = (...fields: readonly string[]) =>
    fields.map((field) => `${which}.${field}`).includes(fault ?? '') ? say.faults[fault ?? ''] : undefined
  return (
    <Card withBorder padding="md" role="group" aria-labelledby={id}>
      <Stack gap="sm">
        <div>
          <Title order={4} size="h5" id={id}>
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {what}{' '}
            <Anchor href={documentation[which].href} target="_blank" rel="noreferrer" inherit underline="always">
              {documentation[which].label} {say.newTab}
            </Anchor>
          </Text>
        </div>
        <TextInput
          label={say.key}
          description={say.keyWhat}
          error={wrong('key')}
          value={keys.key}
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange({ ...keys, key: event.currentTarget.value })}
        />
        <PasswordInput
          label={say.secret}
          description={hasSecret ? say.secretKept : say.secretWhat}
          error={wrong('secret', 'secret-again')}
          value={keys.secret}
          maxLength={200}
          autoComplete="new-password"
          {...(hasSecret ? { placeholder: say.secretPlace } : {})}
          onChange={(event) => onChange({ ...keys, secret: event.currentTarget.value })}
          visibilityToggleButtonProps={{ 'aria-label': gatewayWords.reveal(say.secret), tabIndex: 0 }}
        />
        <TextInput
          label={say.host}
          description={say.hostWhat}
          error={wrong('host', 'host-other')}
          value={keys.host}
          maxLength={500}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange({ ...keys, host: event.currentTarget.value })}
        />
        <div role="status">{result !== undefined && <DuoResult which={which} result={result} />}</div>
      </Stack>
    </Card>
  )
}

/** How old a proof may be, so that it still counts once somebody has pasted everything. */
const freshMilliseconds = 4 * 60 * 1000

/** Saving asks for a fresh proof, and no secret is kept while somebody gives it: so it is better given before. */
export function ProofFirst() {
  const { data } = useQuery(sessionQuery)
  const [now] = useState(() => Date.now())
  if (!data || now - Date.parse(data.provedAt) < freshMilliseconds) return null
  return (
    <Alert color="gray" icon={<IconInfoCircle aria-hidden />} title={say.proofFirst}>
      <Text size="sm">{say.proofFirstWhat}</Text>
      <Button variant="default" size="sm" mt="sm" onClick={() => start('confirm', window.location.pathname)}>
        {words.proof.action}
      </Button>
    </Alert>
  )
}

/** What Duo said of one application: in words and with a sign, not in colour alone. */
export function DuoResult({ which, result }: { readonly which: Which; readonly result: string }) {
  const isRight = result === 'right'
  const Icon = isRight ? IconCheck : IconAlertTriangle
  return (
    <Text size="sm" className="outcome" c={isRight ? 'green' : 'red'}>
      <Icon size={18} aria-hidden /> <span>{say.result(which, result)}</span>
    </Text>
  )
}
