import { type Static, Type } from 'typebox'

/** The pages of the help that ask whether they were useful. */
export const HelpPage = Type.Union([
  Type.Literal('two-factor'),
  Type.Literal('questions'),
  Type.Literal('duo'),
  Type.Literal('applications'),
])
export type HelpPage = Static<typeof HelpPage>

const Votes = Type.Object({ yes: Type.Integer(), no: Type.Integer() })

export const Help = Type.Object({
  supportContact: Type.Union([Type.String(), Type.Null()], { description: 'A mail address, a web address, a phone number or a sentence' }),
  votes: Type.Object(
    { 'two-factor': Votes, questions: Votes, duo: Votes, applications: Votes },
    { description: 'How many found each page useful, and how many did not' },
  ),
})
export type Help = Static<typeof Help>

export const HelpVote = Type.Object({ page: HelpPage, useful: Type.Boolean() }, { additionalProperties: false })
export type HelpVote = Static<typeof HelpVote>
