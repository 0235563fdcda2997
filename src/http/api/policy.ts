import { Type } from 'typebox'
import { Policy, PolicyChange, PolicyDraft, PolicyPreview } from '#contract/policy.ts'
import { changePolicyOf, policyOf, previewPolicyOf } from '#flows/policy.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** What an organization has decided about two-factor authentication, read and changed. */
export function policyRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Rules']

  app.get(
    '/organizations/:organizationId/policy',
    {
      config: { authority: { who: 'admin' } },
      schema: { tags, summary: 'The rules for two-factor authentication', params: ofOrganization, response: { 200: Policy } },
    },
    (request) => policyOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    '/organizations/:organizationId/policy',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: { tags, summary: 'Change the rules', params: ofOrganization, body: PolicyChange, response: { 200: Policy } },
    },
    (request) => changePolicyOf(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.post(
    '/organizations/:organizationId/policy/preview',
    {
      config: { authority: { who: 'security-admin', proof: 'any' } },
      schema: {
        tags,
        summary: 'What a change of the rules would bring about; nothing is stored',
        params: ofOrganization,
        body: PolicyDraft,
        response: { 200: PolicyPreview },
      },
    },
    (request) => previewPolicyOf(rooms, changing(request), request.params.organizationId, request.body),
  )
}
