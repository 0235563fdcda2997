import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

export const PinOrder = Type.Union([Type.Literal('none'), Type.Literal('before'), Type.Literal('behind'), Type.Literal('both')], {
  description: 'Where the PIN stands in what is sent. `both` is one attempt of the person and two questions to AuthAnvil',
})
export type PinOrder = Static<typeof PinOrder>

const pin = Type.String({ maxLength: 32, description: 'Empty for none' })

export const AuthAnvil = Type.Object({
  isOn: Type.Boolean(),
  url: Type.String({ description: 'The SAS URL as it is asked; empty while none was stored' }),
  siteId: Type.Integer(),
  isUsualPin: Type.Boolean({ description: 'The PIN is 1111. Another one is never given out again' }),
  pinOrder: PinOrder,
  showsPin: Type.Boolean({ description: 'People see a field for a PIN of their own' }),
  version: Type.Integer({ minimum: 0, description: 'Send it back with a change; an older one is refused' }),
  changedBy: Type.Union([Type.String(), Type.Null()]),
  changedAt: Type.Union([Type.String(), Type.Null()]),
})
export type AuthAnvil = Static<typeof AuthAnvil>

export const AuthAnvilChange = Type.Object(
  {
    isOn: Type.Boolean(),
    url: Type.String({ maxLength: 500, description: 'As it was pasted: a host alone, with `?wsdl`, the whole address' }),
    siteId: Type.String({ maxLength: 20, description: 'As it was typed: a whole number' }),
    pin: Type.Optional(Type.String({ maxLength: 32, description: 'Without it the stored one stays; 1111 while none was stored' })),
    pinOrder: PinOrder,
    showsPin: Type.Boolean(),
    version: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type AuthAnvilChange = Static<typeof AuthAnvilChange>

export const AuthAnvilPerson = Type.Object({
  userName: Type.Union([Type.String(), Type.Null()], { description: 'The name at AuthAnvil; null for the email' }),
  hasPin: Type.Boolean({ description: 'Has a PIN of their own stored; it is never given out again' }),
})
export type AuthAnvilPerson = Static<typeof AuthAnvilPerson>

export const AuthAnvilPersonChange = Type.Object(
  {
    userName: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 128 }), Type.Null()])),
    pin: Type.Optional(Type.Union([pin, Type.Null()], { description: 'Null for that of the organization' })),
  },
  strict,
)
export type AuthAnvilPersonChange = Static<typeof AuthAnvilPersonChange>
