import { type Static, Type } from 'typebox'
import { ForwardAuthSettings } from './applications-forward-auth.ts'
import { OidcSettings } from './applications-oidc.ts'

/** What an application is set up with, by its kind: one line for each door. */
export const ApplicationSettings = Type.Union([OidcSettings, ForwardAuthSettings])
export type ApplicationSettings = Static<typeof ApplicationSettings>

const name = Type.String({ minLength: 1, maxLength: 120 })
const nullable = Type.Union([Type.String(), Type.Null()])

export const Application = Type.Object({
  id: Type.String(),
  name: Type.String(),
  clientId: Type.String({ description: 'What it calls itself to Countersign; not secret' }),
  isOn: Type.Boolean(),
  hasSecret: Type.Boolean({ description: 'It is never given out again' }),
  settings: ApplicationSettings,
  version: Type.Integer({ description: 'Send it back with a change; an older one is refused' }),
  createdBy: nullable,
  createdAt: Type.String(),
  changedBy: nullable,
  changedAt: Type.String(),
  lastUsedAt: nullable,
})
export type Application = Static<typeof Application>

export const Applications = Type.Object({
  applications: Type.Array(Application),
  issuer: Type.String({ description: 'Where applications find Countersign: the address of this installation' }),
})
export type Applications = Static<typeof Applications>

const strict = { additionalProperties: false } as const

export const NewApplication = Type.Object({ name, settings: ApplicationSettings }, strict)
export type NewApplication = Static<typeof NewApplication>

const secret = Type.Union([Type.String(), Type.Null()], { description: 'Told this once, and null for a kind that has none' })

export const CreatedApplication = Type.Object({ application: Application, secret })
export type CreatedApplication = Static<typeof CreatedApplication>

export const ApplicationChange = Type.Object(
  {
    version: Type.Integer({ minimum: 0 }),
    name: Type.Optional(name),
    isOn: Type.Optional(Type.Boolean()),
    settings: Type.Optional(ApplicationSettings),
  },
  strict,
)
export type ApplicationChange = Static<typeof ApplicationChange>

export const ApplicationSecret = Type.Object({ secret: Type.String({ description: 'Told this once' }) })
export type ApplicationSecret = Static<typeof ApplicationSecret>
