import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

export const DuoNormalization = Type.Union([Type.Literal('none'), Type.Literal('simple'), Type.Literal('unknown')], {
  description: '"Username normalization" of an application in Duo; `unknown` where nobody could say',
})
export type DuoNormalization = Static<typeof DuoNormalization>

export const DuoDoctor = Type.Object({
  account: Type.Union([Type.Literal('own'), Type.Literal('provider'), Type.Null()], {
    description: 'Whose account at Duo is asked; null while there are no keys to ask with',
  }),
  host: Type.Union([Type.String(), Type.Null()], { description: 'The API hostname of that account' }),
  people: Type.Integer({ description: 'How many people would be asked about' }),
  prompt: DuoNormalization,
  auth: DuoNormalization,
  checkedBy: Type.Union([Type.String(), Type.Null()], { description: 'Who ran the last check to its end' }),
  checkedAt: Type.Union([Type.String(), Type.Null()]),
})
export type DuoDoctor = Static<typeof DuoDoctor>

const AdminKeys = Type.Object(
  {
    key: Type.String({ maxLength: 100, description: 'Integration key of an application of the type "Admin API"' }),
    secret: Type.String({ maxLength: 100, description: 'Its secret key. It is used for this request and kept nowhere' }),
  },
  strict,
)

export const DuoExamination = Type.Object(
  {
    prompt: Type.Unsafe<DuoNormalization>({
      ...DuoNormalization,
      description: 'What Duo\'s panel shows of the application of the type "Web SDK": it cannot be asked',
    }),
    admin: Type.Optional(AdminKeys),
  },
  strict,
)
export type DuoExamination = Static<typeof DuoExamination>

export const DuoAliases = Type.Object(
  {
    prompt: DuoExamination.properties.prompt,
    admin: AdminKeys,
    people: Type.Array(Type.String({ maxLength: 36 }), {
      minItems: 1,
      maxItems: 10_000,
      description: 'Ids of the people whose alias is to be added',
    }),
  },
  strict,
)
export type DuoAliases = Static<typeof DuoAliases>

/** What was found about one person; `not-enrolled` and `unsure` only where Duo was asked without keys of the Admin API. */
export type DuoFindingName = 'known' | 'not-enrolled' | 'unsure' | 'alias-missing' | 'no-room' | 'ambiguous' | 'unknown'

/** What became of one alias. */
export type DuoCureName = 'added' | 'there-already' | 'no-room' | 'taken' | 'failed' | 'not-missing'

interface Named {
  readonly id: string
  readonly name: string
  readonly email: string
}

/** People whom Duo would take for one; those of other organizations are only counted. */
export interface DuoMergeLine {
  readonly line: 'merge'
  readonly people: readonly Named[]
  readonly others: number
  readonly because: { readonly bareName: string } | { readonly duoUser: string }
}

/** The answers come line by line, each a JSON object, while the work goes on. */
export type DuoDoctorLine =
  | { readonly line: 'begun'; readonly people: number }
  /** Users of Duo that were read so far. */
  | { readonly line: 'users'; readonly read: number }
  | {
      readonly line: 'person'
      readonly person: Named
      readonly finding: DuoFindingName
      /** The names at Duo of whom it could be. */
      readonly users?: readonly string[]
    }
  | DuoMergeLine
  | { readonly line: 'alias'; readonly person: Named; readonly cure: DuoCureName }
  | { readonly line: 'done'; readonly prompt: DuoNormalization; readonly auth: DuoNormalization; readonly isAgreed: boolean }
  /** It was refused, or Duo gave no answer that counts: what was said before stays true, and nothing is said of the others. */
  | { readonly line: 'ended'; readonly reason: string; readonly said?: string }
