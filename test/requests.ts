import { startingPolicy } from '#domain/policy.ts'
import type { RouteAuthority, Who } from '#http/authority.ts'

type Body = Readonly<Record<string, unknown>>

const token = 'x'.repeat(43)

/** Settings of an application that can be stored. */
export const anApplication = {
  kind: 'oidc',
  redirectUris: ['https://portal.example.org/signed-in'],
  postLogoutRedirectUris: [],
  backChannelLogoutUri: null,
  startUri: null,
} as const

/**
 * A well-formed body for every route that takes one, by its address below `/api/v1`; where the route tells kinds of requests
 * apart, one body for each kind. What they ask for is right or is refused by a rule, and never by a shape.
 */
const bodies: Readonly<Record<string, Body | { readonly kinds: Readonly<Record<string, Body>> }>> = {
  'POST /sign-ins': { email: 'a@example.org', password: 'x' },
  'POST /sign-ins/passkey': {
    passkey: {
      id: 'AA',
      rawId: 'AA',
      type: 'public-key',
      response: { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' },
    },
  },
  'POST /sign-ins/current/answers': { saved: true },
  'POST /me/sign-ins': { intent: 'confirm' },
  'PATCH /me/authenticators/:authenticatorId': { label: 'L' },
  'POST /organizations/:organizationId/sites': { name: 'Site' },
  'PATCH /organizations/:organizationId/sites/:siteId': { name: 'Site' },
  'POST /organizations/:organizationId/sites/:siteId/removal': { name: 'Site' },
  'PUT /organizations/:organizationId/look': { version: 1, accent: '#1f5fd1', supportContact: 'help@example.org' },
  'PUT /organizations/:organizationId/policy': { ...startingPolicy, version: 1 },
  'POST /organizations/:organizationId/policy/preview': { ...startingPolicy },
  'POST /organizations/:organizationId/reset': { name: 'O' },
  'POST /organizations/:organizationId/reset/answers': { answer: 'take-back', resetId: '01900000-0000-7000-8000-000000000000' },
  'PUT /organizations/:organizationId/reset/rules': { needsApproval: true, undoMinutes: 60 },
  'POST /organizations/:organizationId/users': { name: 'N', email: 'invited@example.org', role: 'user' },
  'POST /organizations/:organizationId/users/actions': {
    kinds: {
      enable: { action: 'enable', users: ['x'] },
      disable: { action: 'disable', users: ['x'] },
      'invite-again': { action: 'invite-again', users: ['x'] },
      suspend: { action: 'suspend', users: ['x'] },
    },
  },
  'POST /organizations/:organizationId/users/import': { csv: 'name,email\nN,imported@example.org', isTrial: false },
  'PATCH /organizations/:organizationId/users/:userId': {
    kinds: {
      'a name': { name: 'N' },
      'a phone number': { phone: '+4915123456789' },
      'a role': { role: 'user' },
      'requires 2FA': { required: true },
      'no longer requires 2FA': { required: false },
    },
  },
  'POST /organizations/:organizationId/users/:userId/two-factor': {
    kinds: { enable: { action: 'enable' }, disable: { action: 'disable' }, reset: { action: 'reset' } },
  },
  'POST /organizations/:organizationId/users/:userId/one-time-pass': { reason: 'Lost phone', minutes: 60 },
  'PATCH /me/profile': { language: 'en' },
  'PUT /me/phone': { phone: '+4915123456789' },
  'POST /me/email-change': { email: 'changed@example.org' },
  'PUT /me/password': { current: 'x', password: 'five unrelated words for one door' },
  'PUT /organizations/:organizationId/gateways/:channel': { version: 0, settings: null },
  'PUT /organizations/:organizationId/sending-rules': {
    countries: ['DE'],
    dailyMost: 10,
    siteDailyMost: null,
    sitesBringGateways: false,
    version: 0,
  },
  'PUT /organizations/:organizationId/duo': { isOn: false, account: 'own', whenAway: 'closed', countsBypass: false, version: 0 },
  'PUT /organizations/:organizationId/duo/notice': { text: 'Ask us for licences.', label: null, url: null, version: 0 },
  'PUT /organizations/:organizationId/duo/users': { admin: null },
  'PUT /organizations/:organizationId/authanvil': {
    isOn: false,
    url: 'https://authanvil.example',
    siteId: '1',
    pinOrder: 'before',
    showsPin: false,
    version: 0,
  },
  'PUT /organizations/:organizationId/users/:userId/authanvil': { userName: 'known.elsewhere' },
  'POST /second-factor/verify': { user: 'a@example.org', code: '000000' },
  'POST /second-factor/prompts': { user: 'a@example.org' },
  'POST /organizations/:organizationId/api-keys': { name: 'VPN', scopes: ['prompts'], days: 30 },
  'POST /organizations/:organizationId/applications': { name: 'Portal', settings: anApplication },
  'PATCH /organizations/:organizationId/applications/:applicationId': { version: 1, name: 'Another portal' },
  'POST /organizations/:organizationId/forward-auth/preview': {
    kind: 'forward-auth',
    origins: ['https://portal.example.org'],
    people: 'own',
    organizations: [],
    rules: [{ path: '/', roles: ['user'], strength: 'any', freshMinutes: 5 }],
  },
  'POST /organizations/:organizationId/duo/doctor': { prompt: 'unknown' },
  'POST /organizations/:organizationId/duo/doctor/aliases': {
    prompt: 'none',
    admin: { key: 'DI0123456789ABCDEFGH', secret: 'x'.repeat(40) },
    people: ['01900000-0000-7000-8000-000000000000'],
  },
  'POST /help/votes': { page: 'two-factor', useful: true },
  'POST /email-changes/complete': { token, password: 'x' },
  'POST /email-changes/undo': { token },
  'POST /setup': { token, organizationName: 'O', name: 'N', email: 'a@example.org', password: 'x' },
  'POST /invitations/accept': { token, password: 'x' },
  'POST /password-resets': { email: 'a@example.org' },
  'POST /password-resets/complete': { token, password: 'x' },
}

/** One request that a route of the API can be sent; its path still has its parameters. */
export interface ExampleRequest extends Omit<RouteAuthority, 'who'> {
  /** The kind of request, for a route that tells them apart. */
  readonly kind?: string
  readonly who: Who
  readonly body?: Body
}

/** Every kind of request of every route of the API. @throws {Error} for a route whose kinds have no body here */
export function exampleRequests(authorities: readonly RouteAuthority[]): readonly ExampleRequest[] {
  return authorities
    .filter(({ path }) => path.startsWith('/api/'))
    .flatMap((route) => {
      const { method, path, who } = route
      const found = bodies[`${method} ${path.replace('/api/v1', '')}`]
      if (typeof who === 'string') return [{ ...route, who, ...(found ? { body: found as Body } : {}) }]
      return Object.entries(who).map(([kind, least]) => {
        const body = (found?.kinds as Readonly<Record<string, Body>> | undefined)?.[kind]
        if (!body) throw new Error(`test/requests.ts has no body for "${kind}" of ${method} ${path}.`)
        return { ...route, kind, who: least, body }
      })
    })
}
