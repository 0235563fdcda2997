import { Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ApplicationSettings } from '#contract/applications.ts'
import { oidcWords as say } from '#words/en/applications-oidc.ts'
import { CopyField } from '../copy-field.tsx'
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
function Addresses({ label, what, addresses, onChange, error, isRequired = false }: AddressesProps) {
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

/** What the application needs to know of Countersign. */
export function OidcFacts({ issuer }: { readonly issuer: string }) {
  return (
    <>
      <CopyField label={say.issuer} text={issuer} />
      <CopyField label={say.discovery} text={`${issuer}/.well-known/openid-configuration`} />
    </>
  )
}
