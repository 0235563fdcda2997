import { type Static, Type } from 'typebox'
import { Role } from './account.ts'

const Rule = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Everything below it; of several that hold for an address, all must be met',
    }),
    roles: Type.Array(Role, { maxItems: 4 }),
    strength: Type.Union([Type.Literal('any'), Type.Literal('second-factor'), Type.Literal('fresh'), Type.Literal('phishing-resistant')], {
      description: '`phishing-resistant`: with a passkey or security key',
    }),
    freshMinutes: Type.Integer({ minimum: 1, maximum: 1440, description: 'Of `fresh`: how long ago the second step may have been given' }),
  },
  { additionalProperties: false },
)

/** What an application of the kind `forward-auth` is set up with. */
export const ForwardAuthSettings = Type.Object(
  {
    kind: Type.Literal('forward-auth'),
    origins: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
      maxItems: 10,
      description: 'Where the portal is reached: scheme, host and port; https, or http on localhost',
    }),
    people: Type.Union([Type.Literal('own'), Type.Literal('all'), Type.Literal('chosen')], {
      description: 'Whose people are let in: those of its organization; of the provider also those of all sites, or of the chosen ones',
    }),
    organizations: Type.Array(Type.String({ maxLength: 36 }), { maxItems: 200, description: 'Of `chosen`' }),
    rules: Type.Array(Rule, { maxItems: 50, description: 'The first is that of the path /' }),
  },
  { additionalProperties: false },
)

export type ForwardAuthSettings = Static<typeof ForwardAuthSettings>

/** Who would be let in where, by the settings of a draft. */
export const ForwardAuthPreview = Type.Object({
  rules: Type.Array(
    Type.Object({
      path: Type.String(),
      letIn: Type.Integer({ description: 'People whose organization and role are let in' }),
      asks: Type.Union([Type.Literal('any'), Type.Literal('second-factor'), Type.Literal('phishing-resistant')], {
        description: 'The most that the rules of this path ask for',
      }),
      secured: Type.Integer({ description: 'Those of them who have an authenticator with which they can show that' }),
    }),
  ),
})
export type ForwardAuthPreview = Static<typeof ForwardAuthPreview>
