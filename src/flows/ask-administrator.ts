import type { AskedAdministrators } from '#contract/sign-in.ts'
import { digest } from '#crypto/random.ts'
import { askedAs, whomToAsk } from '#domain/ask-administrator.ts'
import { hasSecondStep, portalWord } from '#domain/assurance.ts'
import { originOf } from '#domain/host.ts'
import { Problem } from '#domain/problem.ts'
import { helpAsked } from '#domain/throttle.ts'
import { findCoveringAdministrators } from '#store/ask-administrator.ts'
import type { Account } from '#store/person.ts'
import { settle } from '#store/settlement.ts'
import { findSignIn, laneKeys, type OpenSignIn } from '#store/sign-in.ts'
import { eventRow, messageRow, type Rooms, type Visit } from './rooms.ts'

/**
 * "Ask an administrator": whoever has given the right password, or comes with a portal's word, and cannot give the second step has those asked by mail who may help:
 * the administrators whose organizations cover all of the person's. Once an hour; nothing about the account changes.
 *
 * @returns whom, by role and organization; nobody where there is nobody who may
 * @throws {Problem} `sign-in-gone`, `step-not-open` once the second step was given, `too-many-attempts` within the hour
 */
export async function askAdministrator(rooms: Rooms, visit: Visit): Promise<AskedAdministrators> {
  const now = rooms.now()
  const { account } = await requireStuck(rooms, visit)
  const asked = whomToAsk(await findCoveringAdministrators(rooms.store.db, account.id))
  const told = view(account, asked)
  if (asked.length === 0) return told
  const lane = { key: laneKeys.helpAskedBy(account.id), rules: helpAsked }
  const hosts = new Map(account.memberships.map((one) => [one.organizationId, one.host ?? undefined]))
  const settled = await settle(rooms.store, {
    now,
    origin: visit,
    lane: { ...lane, effect: 'charge' },
    events: [eventRow(now, { action: 'help.asked', actorId: account.id, subjectId: account.id, detail: { administrators: asked.length } })],
    messages: asked.map(({ email, member, isOwn }) => {
      const host = isOwn ? hosts.get(member.organizationId) : undefined
      const origin = host ? originOf(host, rooms.publicUrl) : rooms.publicUrl
      return messageRow(rooms, visit, {
        to: email,
        template: 'help-asked',
        values: {
          name: account.name,
          person: account.email,
          organization: member.organization,
          url: `${origin}/users/${account.id}?organization=${member.organizationId}`,
          isPasswordMailed: account.isPasswordMailed ? 'yes' : '',
        },
      })
    }),
  })
  if (!settled.isOpen) {
    const seconds = settled.waitUntil ? Math.ceil((settled.waitUntil.getTime() - now.getTime()) / 1000) : 1
    throw new Problem('too-many-attempts', { reason: 'asked', retryAfterSeconds: Math.max(1, seconds) })
  }
  rooms.onMessage()
  return told
}

/** Whom the person would have asked, or did ask within the hour; for the page that says so. @throws {Problem} as {@link askAdministrator} */
export async function whomAsked(rooms: Rooms, visit: Visit): Promise<AskedAdministrators> {
  const { account } = await requireStuck(rooms, visit)
  return view(account, whomToAsk(await findCoveringAdministrators(rooms.store.db, account.id)))
}

function view({ memberships: [first, ...others] }: Account, asked: Parameters<typeof askedAs>[0]): AskedAdministrators {
  const only = first && others.length === 0 ? { organizationId: first.organizationId } : {}
  return { asked: [...askedAs(asked)], ...only }
}

async function requireStuck(rooms: Rooms, visit: Visit): Promise<OpenSignIn> {
  const open = visit.signIn ? await findSignIn(rooms.store, rooms.keys, digest(visit.signIn)) : undefined
  if (!open || open.account.memberships.length === 0 || rooms.now() >= open.signIn.expiresAt) throw new Problem('sign-in-gone')
  const { intent, evidence } = open.signIn
  const first = { enter: 'password', 'second-factor': portalWord }[intent as string]
  const isStuck = evidence.some((one) => one.kind === first) && !hasSecondStep(evidence)
  if (!isStuck) throw new Problem('step-not-open')
  return open
}
