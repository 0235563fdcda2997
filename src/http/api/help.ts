import { Type } from 'typebox'
import { Help, HelpVote } from '#contract/help.ts'
import { helpOf, voteOnHelp } from '#flows/help.ts'
import type { Api } from './api.ts'

/** What the pages of the help ask and tell. */
export function helpRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Help']

  app.get(
    '/help',
    {
      config: { authority: { who: 'session' } },
      schema: { tags, summary: 'Whom to ask, and how useful the help was', response: { 200: Help } },
    },
    (request) => helpOf(rooms, visits.of(request)),
  )

  app.post(
    '/help/votes',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: '"Was this useful?"; only counted', body: HelpVote, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await voteOnHelp(rooms, changing(request), request.body)
      return reply.code(204).send(null)
    },
  )
}
