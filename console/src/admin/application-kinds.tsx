import type { Application, ApplicationSettings } from '#contract/applications.ts'
import { applicationWords as say } from '#words/en/applications.ts'
import { OidcFacts, OidcFields } from './application-oidc.tsx'
import { SecondFactorFacts, SecondFactorFields } from './application-second-factor.tsx'

type Kind = ApplicationSettings['kind']

/** What a form for a new application of a kind begins with. One line for each kind. */
export const applicationKinds: { readonly [K in Kind]: Extract<ApplicationSettings, { readonly kind: K }> } = {
  oidc: { kind: 'oidc', redirectUris: [], postLogoutRedirectUris: [], backChannelLogoutUri: null, startUri: null },
  'second-factor': { kind: 'second-factor', redirectUris: [], opensSetUp: false, returnsRefusals: false },
}

/** Which field is wrong, and which of its values. */
export interface Fault {
  readonly field: string
  readonly value?: string
}

/** What the fields of one kind are given. */
export interface FieldsProps<Settings> {
  readonly settings: Settings
  readonly onChange: (settings: Settings) => void
  /** The sentence for a field that is wrong. */
  readonly wrong: (field: string) => string | undefined
}

interface SettingsFieldsProps {
  readonly settings: ApplicationSettings
  readonly onChange: (settings: ApplicationSettings) => void
  readonly fault: Fault | undefined
}

/** The fields of an application, by its kind. */
export function SettingsFields({ settings, onChange, fault }: SettingsFieldsProps) {
  const wrong = (field: string) => {
    if (fault?.field !== field) return undefined
    if (fault.value === undefined) return say.faults[field] ?? ''
    return `${say.wrongValue(fault.value)}. ${say.faults[`${field}.value`] ?? say.faults[field] ?? ''}`
  }
  switch (settings.kind) {
    case 'oidc':
      return <OidcFields settings={settings} onChange={onChange} wrong={wrong} />
    case 'second-factor':
      return <SecondFactorFields settings={settings} onChange={onChange} wrong={wrong} />
  }
}

/** What is to be typed into an application beside its client ID and its secret, by its kind. */
export function SettingsFacts({
  application: { id, clientId, settings },
  issuer,
}: {
  readonly application: Application
  readonly issuer: string
}) {
  switch (settings.kind) {
    case 'oidc':
      return <OidcFacts settings={settings} issuer={issuer} clientId={clientId} />
    case 'second-factor':
      return <SecondFactorFacts settings={settings} issuer={issuer} applicationId={id} clientId={clientId} />
  }
}
