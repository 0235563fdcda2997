import { type Static, Type } from 'typebox'

/** RFC 9457 problem details; `code` is what programs key on, and `docs/errors.md` explains each. */
export const ProblemReply = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    instance: Type.String({ description: 'The request id, as in the log' }),
    retryAfterSeconds: Type.Optional(Type.Integer()),
    changed: Type.Optional(
      Type.Array(Type.String(), { description: 'Which parts were changed in the meantime, as far as the audit knows' }),
    ),
    changedBy: Type.Optional(Type.Array(Type.String(), { description: 'Who changed it in the meantime, as far as the audit knows' })),
    methods: Type.Optional(Type.Array(Type.String(), { description: 'Kinds of authenticator that it is about' })),
    minLength: Type.Optional(Type.Integer({ description: 'Of a password that was too short' })),
    raisedBy: Type.Optional(Type.String({ description: 'The organization that asks for this length' })),
    said: Type.Optional(Type.String({ description: 'What was heard from outside, without anything secret' })),
    reason: Type.Optional(Type.String({ description: 'What exactly was wrong, where there is more than one way' })),
    prompt: Type.Optional(Type.String({ description: 'Of keys of Duo: what is wrong about the Web SDK application, or `right`' })),
    auth: Type.Optional(Type.String({ description: 'The same of the Auth API application' })),
    admin: Type.Optional(Type.String({ description: 'The same of the Admin API application' })),
    people: Type.Optional(Type.Integer({ description: 'How many people it is about' })),
    merges: Type.Optional(Type.Integer({ description: 'How many times Duo would take several people for one' })),
    merged: Type.Optional(Type.Array(Type.String(), { description: 'Who they are of one of those times, as far as they belong here' })),
    sites: Type.Optional(Type.Integer({ description: 'How many sites rely on it' })),
    line: Type.Optional(Type.Integer({ description: 'The line of a file that it is about' })),
  },
  { additionalProperties: true },
)
export type ProblemReply = Static<typeof ProblemReply>
