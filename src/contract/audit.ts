import { type Static, Type } from 'typebox'

const Somebody = Type.Object({ id: Type.String(), name: Type.String({ description: 'As this organization knows the person' }) })

export const AuditRecord = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  action: Type.String({ description: 'For programs to key on' }),
  sentence: Type.String({ description: 'For people to read' }),
  organization: Type.Union([Somebody, Type.Null()], {
    description: 'Where it was done; null for what somebody does about their own account',
  }),
  who: Type.Union([Somebody, Type.Null()]),
  whom: Type.Union([Somebody, Type.Null()]),
  address: Type.String({ description: 'The network address it came from' }),
  requestId: Type.String({ description: 'The header X-Request-Id of the reply, also in the log' }),
  details: Type.Array(Type.Object({ what: Type.String(), before: Type.Optional(Type.String()), value: Type.String() }), {
    description: 'What else is known, in words; what was changed has what it was before',
  }),
  position: Type.Integer({ description: 'Its place in the chain, counted over the whole installation' }),
})
export type AuditRecord = Static<typeof AuditRecord>

export const AuditRecords = Type.Object({
  events: Type.Array(AuditRecord),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Send it as ?cursor= for the next page' }),
})
export type AuditRecords = Static<typeof AuditRecords>

const filter = {
  action: Type.Optional(Type.String({ maxLength: 60 })),
  person: Type.Optional(Type.String({ maxLength: 60, description: 'Id of who acted or was concerned' })),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'The first moment' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'The first moment after it' })),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of a name, of an address, or of what an action is called' })),
  site: Type.Optional(Type.String({ maxLength: 60, description: 'Id of a site of the provider, to see its audit instead of the own one' })),
}

export const AuditFilter = Type.Object(
  {
    ...filter,
    cursor: Type.Optional(Type.String({ maxLength: 60 })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', description: '1 to 200; 50 when absent' })),
  },
  { additionalProperties: false },
)
export type AuditFilter = Static<typeof AuditFilter>

export const AuditExport = Type.Object(
  { ...filter, format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('jsonl')], { description: 'csv when absent' })) },
  { additionalProperties: false },
)
export type AuditExport = Static<typeof AuditExport>
