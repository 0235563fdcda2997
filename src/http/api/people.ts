import { Type } from 'typebox'
import type { Role } from '#contract/account.ts'
import {
  BulkAction,
  BulkOutcome,
  ImportReport,
  ImportRequest,
  Invitation,
  Member,
  MemberChange,
  MemberFilter,
  Members,
  OneTimePassIssued,
  OneTimePassRequest,
  TwoFactorAction,
} from '#contract/people.ts'
import { actOnMembers } from '#flows/bulk.ts'
import { importMembers } from '#flows/import.ts'
import { inviteMember, invitingAgain } from '#flows/invitations.ts'
import { reinstatement, removeMember, suspension, unlocking } from '#flows/membership.ts'
import { approveOneTimePass, issueOneTimePass } from '#flows/one-time-pass.ts'
import { changeMember, type MemberAction, memberOf, membersOf, twoFactorActions, updateMember } from '#flows/people.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const ofMember = Type.Object({ organizationId: Type.String(), userId: Type.String() })

/** What administrators see and do about the people of an organization. */
export function peopleRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Users']
  const users = '/organizations/:organizationId/users'
  const user = `${users}/:userId` as const

  app.get(
    users,
    {
      config: { authority: { who: 'admin' } },
      schema: { tags, summary: 'Members, by name', params: ofOrganization, querystring: MemberFilter, response: { 200: Members } },
    },
    (request) => membersOf(rooms, visits.of(request), request.params.organizationId, request.query),
  )

  app.post(
    users,
    {
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: { tags, summary: 'Invite a person', params: ofOrganization, body: Invitation, response: { 201: Member } },
    },
    async (request, reply) =>
      reply.code(201).send(await inviteMember(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.post(
    `${users}/actions`,
    {
      config: {
        authority: { who: { enable: 'admin', disable: 'security-admin', 'invite-again': 'admin', suspend: 'admin' }, proof: 'fresh' },
      },
      schema: {
        tags,
        summary: 'The same action on at most fifty members, with a result for each',
        params: ofOrganization,
        body: BulkAction,
        response: { 200: BulkOutcome },
      },
    },
    (request) => actOnMembers(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.post(
    `${users}/import`,
    {
      bodyLimit: 2 * 1024 * 1024,
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Invite the people of a CSV file',
        params: ofOrganization,
        body: ImportRequest,
        response: { 200: ImportReport },
      },
    },
    (request) => importMembers(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.get(
    user,
    { config: { authority: { who: 'admin' } }, schema: { tags, summary: 'One member', params: ofMember, response: { 200: Member } } },
    (request) => memberOf(rooms, visits.of(request), request.params.organizationId, request.params.userId),
  )

  app.patch(
    user,
    {
      config: {
        authority: {
          who: {
            'a name': 'admin',
            'a phone number': 'admin',
            'a role': 'security-admin',
            'requires 2FA': 'admin',
            'no longer requires 2FA': 'security-admin',
          },
          proof: 'fresh',
        },
      },
      schema: { tags, summary: '"Edit User"', params: ofMember, body: MemberChange, response: { 200: Member } },
    },
    (request) => updateMember(rooms, changing(request), request.params.organizationId, request.params.userId, request.body),
  )

  app.delete(
    user,
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: { tags, summary: 'Remove a member, or take an invitation back', params: ofMember, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await removeMember(rooms, changing(request), request.params.organizationId, request.params.userId)
      return reply.code(204).send(null)
    },
  )

  app.post(
    `${user}/two-factor`,
    {
      config: { authority: { who: { enable: 'admin', disable: 'security-admin', reset: 'admin' }, proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Enable, disable or reset two-factor authentication for a member',
        params: ofMember,
        body: TwoFactorAction,
        response: { 200: Member },
      },
    },
    (request) => {
      const { organizationId, userId } = request.params
      return changeMember(rooms, changing(request), organizationId, userId, twoFactorActions[request.body.action])
    },
  )

  app.post(
    `${user}/one-time-pass`,
    {
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Issue one-time pass: mails a member who is stuck a pass for one sign-in',
        params: ofMember,
        body: OneTimePassRequest,
        response: { 201: OneTimePassIssued },
      },
    },
    async (request, reply) => {
      const { organizationId, userId } = request.params
      return reply.code(201).send(await issueOneTimePass(rooms, changing(request), organizationId, userId, request.body))
    },
  )

  app.post(
    `${user}/one-time-pass/approval`,
    {
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Approve the one-time pass of a member who must use a passkey, as a second administrator',
        params: ofMember,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { organizationId, userId } = request.params
      await approveOneTimePass(rooms, changing(request), organizationId, userId)
      return reply.code(204).send(null)
    },
  )

  const actions: readonly (readonly [path: string, summary: string, who: Role, action: MemberAction])[] = [
    ['invitation', 'Mail the invitation again', 'admin', invitingAgain],
    ['suspension', 'Suspend a member', 'admin', suspension],
    ['reinstatement', 'Take a suspension back', 'admin', reinstatement],
    ['unlocking', 'Forget the wrong codes and passwords of a member', 'security-admin', unlocking],
  ]
  for (const [path, summary, who, action] of actions) {
    const config = { authority: { who, proof: 'fresh' } } as const
    app.post(`${user}/${path}`, { config, schema: { tags, summary, params: ofMember, response: { 200: Member } } }, (request) => {
      const { organizationId, userId } = request.params as { organizationId: string; userId: string }
      return changeMember(rooms, changing(request), organizationId, userId, action)
    })
  }
}
