import { type Static, Type } from 'typebox'

const user = Type.String({ minLength: 1, maxLength: 320, description: 'Email of the person; capitals do not matter' })
const strict = { additionalProperties: false } as const
const time = Type.String({ format: 'date-time' })

export const Verification = Type.Object({ user, code: Type.String({ minLength: 1, maxLength: 128 }) }, strict)
export type Verification = Static<typeof Verification>

const Person = Type.Object({ id: Type.String(), email: Type.String() })
const factor = Type.String({ description: 'How: passcode, backup_code, sms_passcode, …' })

export const Verified = Type.Object({
  result: Type.Literal('allow'),
  user: Person,
  factor,
  at: time,
})
export type Verified = Static<typeof Verified>

export const NewPrompt = Type.Object(
  { user, reason: Type.Optional(Type.String({ minLength: 1, maxLength: 120, description: 'Why, as the person reads it' })) },
  strict,
)
export type NewPrompt = Static<typeof NewPrompt>

export const PromptState = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('approved'), Type.Literal('denied'), Type.Literal('expired')]),
  user: Person,
  expiresAt: time,
  factor: Type.Optional(factor),
  at: Type.Optional(time),
  address: Type.Optional(Type.String({ description: 'Where the person opens it, told this once; a secret until it was opened' })),
})
export type PromptState = Static<typeof PromptState>

export const UserQuestion = Type.Object({ user: Type.Optional(user) })

export const KnownUser = Type.Object({
  user: Person,
  name: Type.String(),
  isEnrolled: Type.Boolean({ description: 'Whether the person has something to give a second step with' }),
  factors: Type.Array(Type.String(), { description: 'What, in the order in which it is offered' }),
})
export type KnownUser = Static<typeof KnownUser>

export const Trial = Type.Object({ address: Type.String({ description: 'Where the browser goes' }) })
export type Trial = Static<typeof Trial>
