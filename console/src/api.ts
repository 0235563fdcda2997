import { infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import type { RememberedDevices, Session, Sessions, TwoFactor } from '#contract/account.ts'
import type { ApiKeys } from '#contract/api-keys.ts'
import type { Application, Applications } from '#contract/applications.ts'
import type { ForwardAuthPreview, ForwardAuthSettings } from '#contract/applications-forward-auth.ts'
import type { AuditRecords } from '#contract/audit.ts'
import type { AuthAnvil, AuthAnvilPerson } from '#contract/authanvil.ts'
import type { Duo, DuoNotice } from '#contract/duo.ts'
import type { DuoDoctor } from '#contract/duo-doctor.ts'
import type { DuoUsers } from '#contract/duo-users.ts'
import type { FailedMessages, Gateways, Statistics } from '#contract/gateways.ts'
import type { Help } from '#contract/help.ts'
import type { Look } from '#contract/look.ts'
import type { ResetPreview, ResetStanding } from '#contract/organization-reset.ts'
import type { Organization } from '#contract/organizations.ts'
import type { Member, Members } from '#contract/people.ts'
import type { Policy, PolicyDraft, PolicyPreview } from '#contract/policy.ts'
import type { ProblemReply } from '#contract/problem.ts'
import type { Profile } from '#contract/profile.ts'
import type { Trial } from '#contract/second-factor.ts'
import type { SiteOrder, Sites } from '#contract/sites.ts'
import { words } from '#words/en/console.ts'
import { notSentHere } from '#words/en/gateways.ts'
import type { UserFilter } from './admin/user-filters.tsx'

/** What the server refused and why, or `unreachable` when it did not answer at all. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  /** All that the reply says, for the few pages that need more than the sentence. */
  readonly details: Partial<ProblemReply>

  constructor(code: string, status: number, sentence: string, details: Partial<ProblemReply> = {}) {
    super(sentence)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.details = details
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Asked {
  readonly body?: unknown
  readonly csrfToken?: string
  /** Ends it: whoever waits for the answer is told `AbortError`. */
  readonly signal?: AbortSignal
}

/** Asks the API. @throws {Problem} for every answer but a good one */
async function ask(method: Method, path: string, { body, csrfToken, signal }: Asked = {}): Promise<Response> {
  const reply = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      accept: 'application/json',
      ...(csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error) => {
    if (signal?.aborted) throw error
    throw new Problem('unreachable', 0, words.states.unreachable)
  })
  if (!reply.ok) throw problemOf(reply.status, await reply.text())
  return reply
}

async function call<T>(method: Method, path: string, asked?: Asked): Promise<T> {
  const reply = await ask(method, path, asked)
  return reply.status === 204 ? (undefined as T) : (JSON.parse(await reply.text()) as T)
}

function problemOf(status: number, text: string): Problem {
  try {
    const reply = JSON.parse(text) as ProblemReply
    const { code, title, retryAfterSeconds } = reply
    const final = code === 'sending-limit' && reply.reason !== undefined ? notSentHere[reply.reason] : undefined
    if (final !== undefined) return new Problem(code, status, final, reply)
    const wait = retryAfterSeconds === undefined ? '' : ` ${words.states.waitSeconds(retryAfterSeconds)}`
    return new Problem(code, status, title + wait, reply)
  } catch {
    // A proxy in between answers with a page of its own.
    return new Problem('internal', status, words.states.unknown)
  }
}

/** Leaves for the sign-in page, which comes back to where the person is now. */
export function leaveToSignIn(): void {
  window.location.assign(`/sign-in?return=${encodeURIComponent(window.location.pathname)}`)
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (problem) => {
      if (problem instanceof Problem && problem.code === 'not-signed-in') leaveToSignIn()
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one; only silence and overload are worth asking again.
      retry: (failures, problem) => failures < 2 && problem instanceof Problem && (problem.status === 0 || problem.status === 503),
    },
  },
})

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: () => call<Session>('GET', '/session') })

export const twoFactorQuery = queryOptions({ queryKey: ['two-factor'], queryFn: () => call<TwoFactor>('GET', '/me/two-factor') })

export const devicesQuery = queryOptions({ queryKey: ['devices'], queryFn: () => call<RememberedDevices>('GET', '/me/devices') })

export const profileQuery = queryOptions({ queryKey: ['profile'], queryFn: () => call<Profile>('GET', '/me/profile') })

export const helpQuery = queryOptions({ queryKey: ['help'], queryFn: () => call<Help>('GET', '/help') })

export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: () => call<Sessions>('GET', '/me/sessions') })

export const organizationQuery = (id: string) =>
  queryOptions({ queryKey: ['organization', id], queryFn: () => call<Organization>('GET', `/organizations/${id}`), staleTime: 60_000 })

export const policyQuery = (organizationId: string) =>
  queryOptions({ queryKey: ['policy', organizationId], queryFn: () => call<Policy>('GET', `/organizations/${organizationId}/policy`) })

/** What a draft of the rules would bring about. It is asked like a change, because names of people are in the answer. */
export const policyPreviewQuery = (organizationId: string, draft: PolicyDraft) =>
  queryOptions({
    queryKey: ['policy-preview', organizationId, draft],
    queryFn: () => make<PolicyPreview>({ method: 'POST', path: `/organizations/${organizationId}/policy/preview`, body: draft }),
  })

export const forwardAuthPreviewQuery = (organizationId: string, draft: ForwardAuthSettings) =>
  queryOptions({
    queryKey: ['forward-auth-preview', organizationId, draft],
    queryFn: () => make<ForwardAuthPreview>({ method: 'POST', path: `/organizations/${organizationId}/forward-auth/preview`, body: draft }),
  })

/** The reset of an organization, looked at again every second while it moves. */
export const resetQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['reset', organizationId],
    queryFn: () => call<ResetStanding>('GET', `/organizations/${organizationId}/reset`),
    refetchInterval: ({ state: { data } }) => {
      const reset = data?.reset
      if (reset?.state === 'running' || reset?.state === 'taking-back') return 1000
      return reset?.state === 'proposed' || (reset?.mails.waiting ?? 0) > 0 ? 5000 : false
    },
  })

export const resetPreviewQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['reset-preview', organizationId],
    queryFn: () => call<ResetPreview>('GET', `/organizations/${organizationId}/reset/preview`),
  })

/** One page of the users who match a filter, after the place that the page before ended at. */
export function membersPage(organizationId: string, filter: UserFilter, cursor: string, limit: number): Promise<Members> {
  const asked = new URLSearchParams({ limit: `${limit}`, ...filter, ...(cursor === '' ? {} : { cursor }) })
  return call<Members>('GET', `/organizations/${organizationId}/users?${asked}`)
}

export const membersQuery = (organizationId: string, filter: UserFilter) =>
  infiniteQueryOptions({
    queryKey: ['users', organizationId, filter],
    queryFn: ({ pageParam }) => membersPage(organizationId, filter, pageParam, 50),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  })

export const lookQuery = (organizationId: string) =>
  queryOptions({ queryKey: ['look', organizationId], queryFn: () => call<Look>('GET', `/organizations/${organizationId}/look`) })

export const applicationsQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['applications', organizationId],
    queryFn: () => call<Applications>('GET', `/organizations/${organizationId}/applications`),
  })

export const applicationQuery = (organizationId: string, applicationId: string) =>
  queryOptions({
    queryKey: ['application', organizationId, applicationId],
    queryFn: () => call<Application>('GET', `/organizations/${organizationId}/applications/${encodeURIComponent(applicationId)}`),
  })

export const authAnvilQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['authanvil', organizationId],
    queryFn: () => call<AuthAnvil>('GET', `/organizations/${organizationId}/authanvil`),
  })

export const duoDoctorQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['duo-doctor', organizationId],
    queryFn: () => call<DuoDoctor>('GET', `/organizations/${organizationId}/duo/doctor`),
  })

export const authAnvilPersonQuery = (organizationId: string, userId: string) =>
  queryOptions({
    queryKey: ['authanvil-person', organizationId, userId],
    queryFn: () => call<AuthAnvilPerson>('GET', `/organizations/${organizationId}/users/${userId}/authanvil`),
  })

export const duoQuery = (organizationId: string) =>
  queryOptions({ queryKey: ['duo', organizationId], queryFn: () => call<Duo>('GET', `/organizations/${organizationId}/duo`) })

export const duoUsersQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['duo-users', organizationId],
    queryFn: () => call<DuoUsers>('GET', `/organizations/${organizationId}/duo/users`),
  })

export const duoNoticeQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['duo-notice', organizationId],
    queryFn: () => call<DuoNotice>('GET', `/organizations/${organizationId}/duo/notice`),
  })

export const gatewaysQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['gateways', organizationId],
    queryFn: () => call<Gateways>('GET', `/organizations/${organizationId}/gateways`),
  })

export const sentQuery = (organizationId: string) =>
  queryOptions({
    queryKey: ['sent', organizationId],
    queryFn: () => call<Statistics>('GET', `/organizations/${organizationId}/messages/statistics`),
  })

export const failedQuery = (organizationId: string) =>
  infiniteQueryOptions({
    queryKey: ['failed', organizationId],
    queryFn: ({ pageParam }) =>
      call<FailedMessages>('GET', `/organizations/${organizationId}/messages/failed${pageParam === '' ? '' : `?cursor=${pageParam}`}`),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  })

export const sitesQuery = (providerId: string, search: string, order: SiteOrder) =>
  infiniteQueryOptions({
    queryKey: ['sites', providerId, search, order],
    queryFn: ({ pageParam }) => {
      const asked = new URLSearchParams({ limit: '50', order })
      if (search !== '') asked.set('search', search)
      if (pageParam !== '') asked.set('cursor', pageParam)
      return call<Sites>('GET', `/organizations/${providerId}/sites?${asked}`)
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  })

export const memberQuery = (organizationId: string, userId: string) =>
  queryOptions({
    queryKey: ['user', organizationId, userId],
    queryFn: () => call<Member>('GET', `/organizations/${organizationId}/users/${encodeURIComponent(userId)}`),
  })

/** What the audit is narrowed by, as it stands in the address of the page: days are those of the person who looks. */
export type AuditSearch = Partial<Readonly<Record<'search' | 'action' | 'person' | 'site' | 'from' | 'to', string>>>

function auditParameters({ from, to, ...rest }: AuditSearch): URLSearchParams {
  const asked = new URLSearchParams(rest)
  const day = (text: string | undefined, later: number) => {
    const at = new Date(`${text ?? ''}T00:00`)
    at.setDate(at.getDate() + later)
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
  }
  const [first, end] = [day(from, 0), day(to, 1)]
  if (first) asked.set('from', first)
  if (end) asked.set('to', end)
  return asked
}

export const auditQuery = (organizationId: string, filter: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', organizationId, filter],
    queryFn: ({ pageParam }) => {
      const asked = auditParameters(filter)
      if (pageParam !== '') asked.set('cursor', pageParam)
      return call<AuditRecords>('GET', `/organizations/${organizationId}/audit?${asked}`)
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  })

export const apiKeysQuery = (organizationId: string) =>
  queryOptions({ queryKey: ['api-keys', organizationId], queryFn: () => call<ApiKeys>('GET', `/organizations/${organizationId}/api-keys`) })

/** Where "Try it" begins, of an application that asks for the second step only. */
export const trialOf = (organizationId: string, applicationId: string) =>
  call<Trial>('GET', `/organizations/${organizationId}/applications/${applicationId}/trial`)

export function exportAddress(organizationId: string, filter: AuditSearch, format: 'csv' | 'jsonl'): string {
  const asked = auditParameters(filter)
  asked.set('format', format)
  return `/api/v1/organizations/${organizationId}/audit/export?${asked}`
}

/** A text of a reply that is shown once. */
export interface Shows {
  readonly field: string
  readonly title: string
  readonly what: string
  readonly close: string
  /** Whether it is long, and copied rather than read out. */
  readonly isCopied?: boolean
}

/** What a person set out to change. Plain data, so that it outlives the detour through "Confirm that it is you". */
export interface Change {
  readonly method: Exclude<Method, 'GET'>
  readonly path: string
  readonly body?: unknown
  /** The change in words, for the question whether to go on with it. */
  readonly says: string
  /** What to say when it is done. */
  readonly done?: string
  /** What to start on the pages that prove who somebody is, once it is done. */
  readonly then?: Intent
  /** Whether there is a secret in it, which is not kept in the browser while the person proves who they are. */
  readonly isSecret?: boolean
  /** Whether the answer is followed while it comes: only the page that began it can go on with it. */
  readonly isFollowed?: boolean
  /** Where to go once it is done, when nothing of this page is left to be read again. */
  readonly leave?: string
  /** A text of the reply that is shown this once, until the person has put it away; nothing where the reply has none. */
  readonly shows?: Shows
}

export type Intent = 'confirm' | 'enroll' | 'backup-codes' | 'disable'

/** Carries a change out, and gives what the server answers. A CSRF token that went stale, say by a sign-in in another window, is renewed once. */
export async function make<T = unknown>({ method, path, body }: Pick<Change, 'method' | 'path' | 'body'>): Promise<T> {
  return withProof((csrfToken) => call<T>(method, path, { body, csrfToken }))
}

async function withProof<T>(carryOut: (csrfToken: string) => Promise<T>): Promise<T> {
  const { csrfToken } = await queryClient.ensureQueryData(sessionQuery)
  try {
    return await carryOut(csrfToken)
  } catch (problem) {
    if (!(problem instanceof Problem && problem.code === 'forged-request')) throw problem
    const renewed = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
    return carryOut(renewed.csrfToken)
  }
}

/**
 * Carries out a change that is answered line by line while it goes on, each line a JSON object. Ends when the signal says so, without a
 * problem; what came until then has been heard.
 */
export async function makeLines<T>(
  { method, path, body }: Pick<Change, 'method' | 'path' | 'body'>,
  onLines: (lines: readonly T[]) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { body: stream } = await withProof((csrfToken) => ask(method, path, { body, csrfToken, signal }))
    if (!stream) return
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value = '' } = await reader.read()
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) onLines(lines.map((line) => JSON.parse(line) as T))
      if (done) return
    }
  } catch (error) {
    if (signal.aborted) return
    throw error instanceof Problem ? error : new Problem('unreachable', 0, words.states.unreachable)
  }
}

/** What somebody chose before they are handed over: a method to set up, and the number that it is for. */
export interface Choice {
  readonly method: string
  readonly phone?: string
}

/** Hands over to the pages that prove who somebody is; they come back to `returnTo`. */
export async function start(intent: Intent, returnTo: string, choice?: Choice): Promise<void> {
  const step = await make<OpenStep>({ method: 'POST', path: '/me/sign-ins', body: { intent, returnTo } })
  // What cannot be chosen ahead, because a proof comes first, is chosen on those pages.
  if (choice && step.step === 'enroll') await choose(step, choice).catch(() => undefined)
  window.location.assign('/sign-in')
}

interface OpenStep {
  readonly step: string
  readonly csrfToken: string
  readonly kind?: string
  readonly kinds?: readonly string[]
}

async function choose(step: OpenStep, { method, phone }: Choice): Promise<void> {
  if (step.kind !== method && !step.kinds?.includes(method)) return
  const answer = (body: unknown) => call('POST', '/sign-ins/current/answers', { body, csrfToken: step.csrfToken })
  if (step.kind !== method) await answer({ choose: method })
  if (phone !== undefined) await answer({ phone })
}
