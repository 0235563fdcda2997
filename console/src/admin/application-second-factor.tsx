import { Box, Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { ApplicationSettings } from '#contract/applications.ts'
import { secondFactorConsole as say } from '#words/en/second-factor.ts'
import { trialOf } from '../api.ts'
import { tellProblem } from '../changes.tsx'
import { CopyButton, CopyField } from '../copy-field.tsx'
import { useWho } from '../who.tsx'
import type { FieldsProps } from './application-kinds.tsx'
import { Addresses } from './application-oidc.tsx'
import { type Library, snippets } from './second-factor-snippets.ts'

type SecondFactorSettings = Extract<ApplicationSettings, { readonly kind: 'second-factor' }>

/** The fields of a portal that keeps its own passwords. */
export function SecondFactorFields({ settings, onChange, wrong }: FieldsProps<SecondFactorSettings>) {
  return (
    <>
      <Addresses
        label={say.redirectUris}
        what={say.redirectUrisWhat}
        addresses={settings.redirectUris}
        onChange={(redirectUris) => onChange({ ...settings, redirectUris })}
        error={wrong('redirectUris')}
        isRequired
      />
      <Checkbox
        label={say.opensSetUp}
        description={say.opensSetUpWhat}
        checked={settings.opensSetUp}
        onChange={(event) => onChange({ ...settings, opensSetUp: event.currentTarget.checked })}
      />
      <Checkbox
        label={say.returnsRefusals}
        description={say.returnsRefusalsWhat}
        checked={settings.returnsRefusals}
        onChange={(event) => onChange({ ...settings, returnsRefusals: event.currentTarget.checked })}
      />
    </>
  )
}

interface FactsProps {
  readonly settings: SecondFactorSettings
  readonly issuer: string
  readonly applicationId: string
  readonly clientId: string
}

/** What the portal needs to know, an example for its library, and a trial. */
export function SecondFactorFacts({ settings, issuer, applicationId, clientId }: FactsProps) {
  const { organization } = useWho()
  const { host } = new URL(issuer)
  const [isBusy, setBusy] = useState(false)
  const tryIt = async () => {
    setBusy(true)
    try {
      window.location.assign((await trialOf(organization.id, applicationId)).address)
    } catch (problem) {
      tellProblem(problem)
      setBusy(false)
    }
  }
  return (
    <>
      <CopyField label={say.host} text={host} />
      <Snippet clientId={clientId} host={host} redirectUri={settings.redirectUris[0] ?? ''} />
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed" flex={1} miw={200}>
          {say.tryItWhat}
        </Text>
        <Button variant="default" loading={isBusy} onClick={tryIt}>
          {say.tryIt}
        </Button>
      </Group>
    </>
  )
}

function Snippet(filled: { readonly clientId: string; readonly host: string; readonly redirectUri: string }) {
  const [library, setLibrary] = useState<Library>('node')
  const text = snippets[library](filled)
  const { limits } = say.libraries[library]
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="xs" justify="space-between">
        <NativeSelect
          label={say.language}
          description={say.snippetsWhat}
          value={library}
          onChange={(event) => setLibrary(event.currentTarget.value as Library)}
          data={Object.entries(say.libraries).map(([value, { name }]) => ({ value, label: name }))}
          flex={1}
          miw={200}
        />
        <CopyButton what={say.copySnippet} text={text} />
      </Group>
      <Text size="sm">
        <strong>{say.limits}:</strong> {limits}
      </Text>
      <Box component="pre" className="example" tabIndex={0} role="region" aria-label={say.copySnippet}>
        <code>{text}</code>
      </Box>
    </Stack>
  )
}
