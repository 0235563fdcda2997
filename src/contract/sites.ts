import { type Static, Type } from 'typebox'

const Name = Type.String({ minLength: 1, maxLength: 120 })

export const NewSite = Type.Object({ name: Name }, { additionalProperties: false })
export type NewSite = Static<typeof NewSite>

/** A client organization as the provider's list shows it. */
export const Site = Type.Object({
  id: Type.String(),
  name: Type.String(),
  host: Type.Union([Type.String(), Type.Null()], { description: 'Host name of its own' }),
  createdAt: Type.String({ format: 'date-time' }),
  suspendedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  isAvailable: Type.Boolean({ description: 'Whether two-factor authentication is switched on there' }),
  people: Type.Object({
    total: Type.Integer(),
    secured: Type.Integer({ description: 'With an authenticator set up' }),
    missing: Type.Integer({ description: 'Who must have one and has not' }),
    weakestKind: Type.Union([Type.String(), Type.Null()], { description: 'The weakest kind of authenticator in use there' }),
  }),
})
export type Site = Static<typeof Site>

export const SiteOrder = Type.Union([Type.Literal('name'), Type.Literal('people'), Type.Literal('secured'), Type.Literal('missing')], {
  description: 'By name; by number of people, most first; by the share that is secured, least first; by those who are missing, most first',
})
export type SiteOrder = Static<typeof SiteOrder>

export const Sites = Type.Object({
  sites: Type.Array(Site),
  total: Type.Integer({ description: 'Matches in all, on every page together' }),
  countedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When the figures were counted; null when they are of this moment',
  }),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Send it as ?cursor= for the next page' }),
})
export type Sites = Static<typeof Sites>

export const SiteChange = Type.Object(
  {
    name: Type.Optional(Name),
    host: Type.Optional(Type.Union([Type.String({ maxLength: 253 }), Type.Null()])),
    isSuspended: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type SiteChange = Static<typeof SiteChange>

/** The name, typed once more by the person who removes the site. */
export const SiteRemoval = Type.Object({ name: Name }, { additionalProperties: false })
export type SiteRemoval = Static<typeof SiteRemoval>
