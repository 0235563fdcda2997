import { type Static, Type } from 'typebox'

const Scope = Type.Union([Type.Literal('verify-code'), Type.Literal('prompts'), Type.Literal('read-users')])

export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'The first letters of the key, to tell it by' }),
  scopes: Type.Array(Scope),
  createdBy: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String({ format: 'date-time' }),
  expiresAt: Type.String({ format: 'date-time' }),
  isExpired: Type.Boolean(),
  lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'To the minute' }),
})
export type ApiKey = Static<typeof ApiKey>

export const ApiKeys = Type.Object({ keys: Type.Array(ApiKey) })
export type ApiKeys = Static<typeof ApiKeys>

export const NewApiKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 60 }),
    scopes: Type.Array(Scope, { minItems: 1, maxItems: 3 }),
    days: Type.Integer({ minimum: 1, maximum: 365, description: 'How long it works' }),
  },
  { additionalProperties: false },
)
export type NewApiKey = Static<typeof NewApiKey>

export const CreatedApiKey = Type.Object({ apiKey: ApiKey, key: Type.String({ description: 'Told this once' }) })
export type CreatedApiKey = Static<typeof CreatedApiKey>
