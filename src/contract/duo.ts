import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const
const nothing = Type.Null()

const account = Type.Union([Type.Literal('own'), Type.Literal('provider')], {
  description: 'Whose account at Duo the people use. A site may use that of the provider while the provider offers it',
})
const whenAway = Type.Union([Type.Literal('closed'), Type.Literal('other-factor')], {
  description: 'While Duo is away: nobody is let in who would need it, or another authenticator that somebody has is offered',
})

const ShownDuoApplication = Type.Object({
  host: Type.String({ description: 'API hostname' }),
  key: Type.String({ description: 'Integration key, or client ID' }),
})
export type ShownDuoApplication = Static<typeof ShownDuoApplication>

export const Duo = Type.Object({
  isOn: Type.Boolean(),
  account,
  prompt: Type.Union([ShownDuoApplication, nothing], {
    description: 'The application of the type "Web SDK". Its secret is never given out',
  }),
  auth: Type.Union([ShownDuoApplication, nothing], { description: 'The application of the type "Auth API"' }),
  whenAway,
  countsBypass: Type.Boolean({ description: 'Whoever Duo lets in without asking has given a second step' }),
  servesSites: Type.Boolean({ description: 'Of the provider: sites may use its account' }),
  isUsable: Type.Boolean({ description: 'It is on, and there are keys to use: the rules may allow it' }),
  isOffered: Type.Boolean({ description: 'The provider lets this site use its account' }),
  sitesUsing: Type.Integer({ description: 'Of the provider: how many sites use its account while their rules allow Duo' }),
  bound: Type.Integer({ description: 'How many people are bound to the account; with another one they set up anew' }),
  provedAt: Type.Union([Type.String(), nothing], { description: 'When Duo last took both pairs of keys' }),
  lastTrouble: Type.Union([Type.Object({ reason: Type.String(), at: Type.String() }), nothing], {
    description: 'When Duo was last away while somebody wanted to sign in',
  }),
  version: Type.Integer({ minimum: 0, description: 'Send it back with a change; an older one is refused' }),
  changedBy: Type.Union([Type.String(), nothing]),
  changedAt: Type.Union([Type.String(), nothing]),
})
export type Duo = Static<typeof Duo>

const WrittenDuoApplication = Type.Object(
  {
    host: Type.String({ maxLength: 500, description: 'As it was pasted' }),
    key: Type.String({ maxLength: 100 }),
    secret: Type.Optional(
      Type.String({ maxLength: 200, description: 'Without it the stored one stays, while host and key are the stored ones too' }),
    ),
  },
  strict,
)
export type WrittenDuoApplication = Static<typeof WrittenDuoApplication>

const written = Type.Optional(
  Type.Union([WrittenDuoApplication, nothing], { description: 'Absent: it stays as it is. Null: it is forgotten' }),
)

export const DuoChange = Type.Object(
  {
    isOn: Type.Boolean(),
    account,
    prompt: written,
    auth: written,
    whenAway,
    countsBypass: Type.Boolean(),
    servesSites: Type.Optional(Type.Boolean()),
    version: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type DuoChange = Static<typeof DuoChange>

const DuoProof = Type.Object({
  proof: Type.Union([Type.Literal('right'), Type.Literal('wrong')]),
  because: Type.Optional(Type.String({ description: 'As in `duo-check-failed`' })),
  said: Type.Optional(Type.String({ description: 'What was heard, without anything secret; not about the account of somebody else' })),
})
export type DuoProof = Static<typeof DuoProof>

export const DuoCheck = Type.Object({ at: Type.String(), prompt: DuoProof, auth: DuoProof })
export type DuoCheck = Static<typeof DuoCheck>

export const DuoNotice = Type.Object({
  text: Type.String({ description: 'Empty for none' }),
  label: Type.Union([Type.String(), nothing], { description: 'On the button' }),
  url: Type.Union([Type.String(), nothing], { description: 'Where the button leads' }),
  version: Type.Integer({ minimum: 0 }),
})
export type DuoNotice = Static<typeof DuoNotice>

export const DuoNoticeChange = Type.Object(
  {
    text: Type.String({ maxLength: 500 }),
    label: Type.Union([Type.String({ maxLength: 60 }), nothing]),
    url: Type.Union([Type.String({ maxLength: 500, description: 'https only' }), nothing]),
    version: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type DuoNoticeChange = Static<typeof DuoNoticeChange>
