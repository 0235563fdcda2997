import { type Static, Type } from 'typebox'

export const Role = Type.Union([Type.Literal('owner'), Type.Literal('security-admin'), Type.Literal('admin'), Type.Literal('user')])
export type Role = Static<typeof Role>

export const Session = Type.Object({
  user: Type.Object({ id: Type.String(), name: Type.String(), email: Type.String() }),
  memberships: Type.Array(
    Type.Object({
      organizationId: Type.String(),
      organizationName: Type.String(),
      kind: Type.Union([Type.Literal('provider'), Type.Literal('site')]),
      host: Type.Union([Type.String(), Type.Null()], { description: 'Host name of its own' }),
      role: Role,
    }),
  ),
  aal: Type.Integer({ minimum: 1, maximum: 2, description: 'Authentication assurance level (SP 800-63B-4 §2)' }),
  amr: Type.Array(Type.String(), { description: 'Methods used, RFC 8176 values' }),
  onRememberedDevice: Type.Boolean({
    description: 'Opened with the password alone, on a device that spares the second step: no page of administrators, no change of factors',
  }),
  provedAt: Type.String({
    format: 'date-time',
    description: 'When the person last proved who they are; older than five minutes asks again before a change',
  }),
  expiresAt: Type.String({ format: 'date-time' }),
  csrfToken: Type.String({ description: 'Send it in the header X-CSRF-Token with every change' }),
})
export type Session = Static<typeof Session>

/** The badge of the card: S2.34. */
export const Badge = Type.Union([
  Type.Literal('secured'),
  Type.Literal('not-set-up'),
  Type.Literal('required'),
  Type.Literal('not-available'),
])
export type Badge = Static<typeof Badge>

export const TwoFactor = Type.Object({
  badge: Badge,
  authenticators: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      label: Type.String(),
      to: Type.Union([Type.String(), Type.Null()], { description: 'Where its codes are sent, masked; null for what is not sent' }),
      boundAt: Type.String({ format: 'date-time' }),
      lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    }),
  ),
  backupCodesLeft: Type.Union([Type.Integer(), Type.Null()], { description: 'null when there are none to count' }),
  requiredBy: Type.Union([Type.String(), Type.Null()], { description: 'Name of the organization that requires it' }),
  methods: Type.Array(Type.String(), { description: 'Kinds of authenticator that the rules leave to choose among' }),
  methodSetBy: Type.Union([Type.String(), Type.Null()], { description: 'Name of the organization whose rule leaves no choice' }),
  withoutDuo: Type.Array(Type.String(), { description: 'Organizations whose Duo is not for this person, who belongs to several' }),
  mustMove: Type.Boolean({ description: 'None of what is set up is allowed any more: the next sign-in ends with the set-up of another' }),
  recommendedApp: Type.String({ description: 'The authenticator app the provider recommends' }),
})
export type TwoFactor = Static<typeof TwoFactor>

export const AuthenticatorChange = Type.Object(
  { label: Type.String({ minLength: 1, maxLength: 60, description: 'Another name' }) },
  { additionalProperties: false },
)
export type AuthenticatorChange = Static<typeof AuthenticatorChange>

/** A browser that may sign in without the second step. */
export const RememberedDevice = Type.Object({
  id: Type.String(),
  isCurrent: Type.Boolean({ description: 'The browser that asks' }),
  browser: Type.String({ description: 'The User-Agent it was remembered with' }),
  address: Type.String({ description: 'IP address it was remembered from' }),
  rememberedAt: Type.String({ format: 'date-time' }),
  lastUsedAt: Type.String({ format: 'date-time' }),
  expiresAt: Type.String({ format: 'date-time' }),
})
export const RememberedDevices = Type.Object({
  devices: Type.Array(RememberedDevice),
  days: Type.Integer({ description: 'For how many days one is remembered by the rules as they are; 0 is never' }),
})
export type RememberedDevices = Static<typeof RememberedDevices>

export const SessionEntry = Type.Object({
  id: Type.String(),
  isCurrent: Type.Boolean(),
  startedAt: Type.String({ format: 'date-time' }),
  lastSeenAt: Type.String({ format: 'date-time' }),
  address: Type.String({ description: 'IP address it was started from' }),
  browser: Type.String({ description: 'The User-Agent it was started with' }),
  amr: Type.Array(Type.String()),
  onRememberedDevice: Type.Boolean({ description: 'The second step was spared' }),
})
export const Sessions = Type.Object({ sessions: Type.Array(SessionEntry) })
export type Sessions = Static<typeof Sessions>
