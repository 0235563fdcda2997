import { type Static, Type } from 'typebox'

export const Channel = Type.Union([Type.Literal('mail'), Type.Literal('text'), Type.Literal('call')])
export type Channel = Static<typeof Channel>

const nullable = (maxLength: number, description: string) =>
  Type.Union([Type.String({ minLength: 1, maxLength }), Type.Null()], { description })

const smtp = {
  kind: Type.Literal('smtp'),
  host: Type.String({ minLength: 1, maxLength: 253 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  security: Type.Union([Type.Literal('starttls'), Type.Literal('tls')], {
    description: '`starttls` demands STARTTLS; `tls` from the first byte',
  }),
  username: nullable(200, 'Null for a server that asks for none'),
  from: Type.String({
    minLength: 3,
    maxLength: 320,
    description: '`no-reply@example.org`, or with a name: `Example <no-reply@example.org>`',
  }),
}
const twilio = {
  kind: Type.Literal('twilio'),
  accountSid: Type.String({ minLength: 1, maxLength: 34 }),
  apiKeySid: nullable(34, 'Where an API key is used; the secret is then its own'),
  from: nullable(20, 'A number (E.164), or for texts a name of up to eleven letters'),
  messagingServiceSid: nullable(34, 'For texts, in the place of `from`'),
}
const webhook = { kind: Type.Literal('webhook'), url: Type.String({ minLength: 1, maxLength: 500 }) }

const secret = {
  secret: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
      description:
        'Without it the stored one stays, as long as the message still goes to the same place; null is for a server that asks for none',
    }),
  ),
}
const hasSecret = { hasSecret: Type.Boolean({ description: 'It is never given out again' }) }

const strict = { additionalProperties: false } as const

/** Settings as they are shown: without their secret. */
export const ShownGateway = Type.Union([
  Type.Object({ ...smtp, ...hasSecret }),
  Type.Object({ ...twilio, ...hasSecret }),
  Type.Object({ ...webhook, ...hasSecret }),
])
export type ShownGateway = Static<typeof ShownGateway>

/** Settings as they are written. */
export const WrittenGateway = Type.Union([
  Type.Object({ ...smtp, ...secret }, strict),
  Type.Object({ ...twilio, ...secret }, strict),
  Type.Object({ ...webhook, ...secret }, strict),
])
export type WrittenGateway = Static<typeof WrittenGateway>

const version = Type.Integer({ minimum: 0, description: 'Send it back with a change; an older one is refused' })

export const ChannelView = Type.Object({
  channel: Channel,
  inForce: Type.Union([Type.Literal('own'), Type.Literal('provider'), Type.Literal('environment'), Type.Null()], {
    description:
      'Whose gateway takes a message now: the own one, the one that the provider stored, the one of the settings of the server, none',
  }),
  own: Type.Union([ShownGateway, Type.Null()], { description: 'What this organization has stored' }),
  version,
  changedBy: Type.Union([Type.String(), Type.Null()]),
  changedAt: Type.Union([Type.String(), Type.Null()]),
})
export type ChannelView = Static<typeof ChannelView>

const countries = Type.Union([Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }), { maxItems: 250, uniqueItems: true }), Type.Null()], {
  description: 'Countries (ISO 3166) whose numbers get texts and calls; null for whatever the installation allows',
})
const daily = (description: string) => Type.Union([Type.Integer({ minimum: 0, maximum: 100_000 }), Type.Null()], { description })

const rules = {
  countries,
  dailyMost: daily(
    'Texts and calls in a day (UTC): of the whole installation for the provider, of itself for a site; null for the default',
  ),
  siteDailyMost: daily('Of the provider only: the most that one site may send in a day'),
  sitesBringGateways: Type.Boolean({ description: 'Of the provider only: whether sites may bring gateways of their own' }),
}

export const SendingRules = Type.Object({
  ...rules,
  version,
  inForce: Type.Object({
    countries: Type.Array(Type.String()),
    dailyMost: Type.Integer(),
    siteDailyMost: Type.Integer(),
  }),
})
export type SendingRules = Static<typeof SendingRules>

export const SendingRulesChange = Type.Object({ ...rules, version }, strict)
export type SendingRulesChange = Static<typeof SendingRulesChange>

export const Gateways = Type.Object({
  channels: Type.Array(ChannelView),
  mayBringOwn: Type.Boolean({ description: 'Always for the provider; for a site where the provider allows it' }),
  rules: SendingRules,
  testGoesTo: Type.Object(
    { mail: Type.String(), phone: Type.Union([Type.String(), Type.Null()]) },
    { description: 'The own addresses of the person who asks, masked' },
  ),
})
export type Gateways = Static<typeof Gateways>

export const GatewayChange = Type.Object(
  { version, settings: Type.Union([WrittenGateway, Type.Null()], { description: 'Null takes the own ones away' }) },
  strict,
)
export type GatewayChange = Static<typeof GatewayChange>

export const TestOutcome = Type.Object({
  accepted: Type.Boolean({ description: 'Whether the gateway took it. Whether it arrives shows at the other end.' }),
  to: Type.String({ description: 'Masked' }),
  source: Type.Union([Type.Literal('own'), Type.Literal('provider'), Type.Literal('environment')]),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'What went wrong, as a code' }),
  said: Type.Union([Type.String(), Type.Null()], { description: 'What the gateway or the way to it said, without anything secret' }),
  milliseconds: Type.Integer(),
})
export type TestOutcome = Static<typeof TestOutcome>

export const Statistics = Type.Object({
  days: Type.Array(
    Type.Object({
      day: Type.String({ description: 'In UTC' }),
      channel: Channel,
      sent: Type.Integer(),
      delivered: Type.Integer({ description: 'As far as the gateway reports it' }),
      failed: Type.Integer(),
      used: Type.Integer({ description: 'Codes that were entered' }),
    }),
  ),
  from: Type.String({ description: 'First day' }),
  to: Type.String({ description: 'Last day, which is today' }),
})
export type Statistics = Static<typeof Statistics>

export const FailedMessages = Type.Object({
  messages: Type.Array(
    Type.Object({
      id: Type.String(),
      channel: Channel,
      to: Type.String({ description: 'Masked' }),
      template: Type.String(),
      createdAt: Type.String(),
      failedAt: Type.Union([Type.String(), Type.Null()]),
      attempts: Type.Integer(),
      reason: Type.String({ description: 'As a code' }),
      said: Type.Union([Type.String(), Type.Null()], { description: 'What the last attempt met' }),
      isExpired: Type.Boolean({ description: 'What it carries is dead, so it is not sent again' }),
    }),
  ),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
})
export type FailedMessages = Static<typeof FailedMessages>
