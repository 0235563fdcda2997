import { Button, Code, Group, NativeSelect, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ApplicationSettings } from '#contract/applications.ts'
import { oidcWords as say } from '#words/en/applications-oidc.ts'
import { readySettings } from '#words/en/applications-settings.ts'
import { CopyButton, CopyField } from '../copy-field.tsx'
import type { FieldsProps } from './application-kinds.tsx'

type OidcSettings = Extract<ApplicationSettings, { readonly kind: 'oidc' }>

/** The fields of an application that comes by OpenID Connect. */
export function OidcFields({ settings, onChange, wrong }: FieldsProps<OidcSettings>) {
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
      <Addresses
        label={say.postLogoutRedirectUris}
        what={say.postLogoutRedirectUrisWhat}
        addresses={settings.postLogoutRedirectUris}
        onChange={(postLogoutRedirectUris) => onChange({ ...settings, postLogoutRedirectUris })}
        error={wrong('postLogoutRedirectUris')}
      />
      <Address
        label={say.backChannelLogoutUri}
        what={say.backChannelLogoutUriWhat}
        address={settings.backChannelLogoutUri}
        onChange={(backChannelLogoutUri) => onChange({ ...settings, backChannelLogoutUri })}
        error={wrong('backChannelLogoutUri')}
      />
      <Address
        label={say.startUri}
        what={say.startUriWhat}
        address={settings.startUri}
        onChange={(startUri) => onChange({ ...settings, startUri })}
        error={wrong('startUri')}
      />
    </>
  )
}

interface AddressProps {
  readonly label: string
  readonly what: string
  readonly address: string | null
  readonly onChange: (address: string | null) => void
  readonly error: string | undefined
}

function Address({ label, what, address, onChange, error }: AddressProps) {
  return (
    <TextInput
      label={label}
      description={what}
      value={address ?? ''}
      onChange={(event) => onChange(event.currentTarget.value.trim() || null)}
      error={error}
      maxLength={500}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      inputMode="url"
    />
  )
}

interface AddressesProps {
  readonly label: string
  readonly what: string
  readonly addresses: readonly string[]
  readonly onChange: (addresses: string[]) => void
  readonly error: string | undefined
  readonly isRequired?: boolean
}

/** Addresses, one in each line, kept as they are typed. */
export function Addresses({ label, what, addresses, onChange, error, isRequired = false }: AddressesProps) {
  const [text, setText] = useState(addresses.join('\n'))
  const type = (typed: string) => {
    setText(typed)
    onChange(
      typed
        .split(/\s+/)
        .filter((line) => line !== '')
        .slice(0, 20),
    )
  }
  return (
    <Textarea
      label={label}
      description={what}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      error={error}
      required={isRequired}
      autosize
      minRows={2}
      maxRows={8}
      autoCapitalize="none"
      spellCheck={false}
    />
  )
}

interface OidcFactsProps {
  readonly settings: OidcSettings
  readonly issuer: string
  readonly clientId: string
}

/** What the application needs to know of Countersign, also as ready settings, and the way to try it. */
export function OidcFacts({ settings, issuer, clientId }: OidcFactsProps) {
  const frameworks = Object.keys(readySettings)
  const [framework, setFramework] = useState(frameworks[0] ?? '')
  const redirectUri = settings.redirectUris[0] ?? ''
  const ready = readySettings[framework]?.({ issuer, clientId, redirectUri }) ?? ''
  return (
    <>
      <CopyField label={say.issuer} text={issuer} />
      <CopyField label={say.discovery} text={`${issuer}/.well-known/openid-configuration`} />
      <NativeSelect
        label={say.framework}
        description={say.frameworkWhat}
        data={frameworks}
        value={framework}
        onChange={(event) => setFramework(event.currentTarget.value)}
      />
      {/* Long lines are scrolled, also with the keyboard. */}
      <Code block className="ready" tabIndex={0} role="region" aria-label={say.ready(framework)}>
        {ready}
      </Code>
      <Group gap="xs">
        <CopyButton what={say.ready(framework)} text={ready} />
        {settings.startUri !== null && (
          <Button component="a" href={settings.startUri} target="_blank" rel="noopener noreferrer" variant="default">
            {say.tryIt}
          </Button>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {settings.startUri === null ? say.tryItMissing : say.tryItWhat}
      </Text>
    </>
  )
}
