import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

/** Whom Countersign has made in the provider's Duo, and who is used by nobody any more. */
export const DuoUsers = Type.Object({
  admin: Type.Union([Type.Object({ host: Type.String(), key: Type.String() }), Type.Null()], {
    description: 'The application of the type "Admin API" that takes them out. Its secret is never given out',
  }),
  left: Type.Array(
    Type.Object({
      id: Type.String(),
      userName: Type.String({ description: 'Their name in Duo' }),
      person: Type.String({ description: 'Whose user it was' }),
      isSure: Type.Boolean({ description: 'False where Duo was asked to make this user and never answered: perhaps nobody is there' }),
      trouble: Type.Optional(Type.String({ description: 'Why they could not be taken out; `no-admin` without an application for it' })),
    }),
    { description: 'The first hundred' },
  ),
})
export type DuoUsers = Static<typeof DuoUsers>

export const DuoAdminChange = Type.Object(
  {
    admin: Type.Union(
      [
        Type.Object(
          {
            host: Type.String({ maxLength: 500, description: 'As it was pasted' }),
            key: Type.String({ maxLength: 100 }),
            secret: Type.String({ maxLength: 200 }),
          },
          strict,
        ),
        Type.Null(),
      ],
      { description: 'Null: the keys are forgotten' },
    ),
  },
  strict,
)
export type DuoAdminChange = Static<typeof DuoAdminChange>
