import { type Static, Type } from 'typebox'

const token = Type.String({ minLength: 20, maxLength: 64, description: 'The last part of the address that was printed or mailed' })
const password = Type.String({ maxLength: 1024 })

export const SetUp = Type.Object(
  {
    token,
    organizationName: Type.String({ minLength: 1, maxLength: 120 }),
    name: Type.String({ minLength: 1, maxLength: 120 }),
    email: Type.String({ minLength: 3, maxLength: 320 }),
    password,
  },
  { additionalProperties: false },
)
export type SetUp = Static<typeof SetUp>

export const AcceptInvitation = Type.Object({ token, password }, { additionalProperties: false })
export type AcceptInvitation = Static<typeof AcceptInvitation>

export const AskPasswordReset = Type.Object({ email: Type.String({ maxLength: 320 }) }, { additionalProperties: false })
export type AskPasswordReset = Static<typeof AskPasswordReset>

export const ResetPassword = Type.Object({ token, password }, { additionalProperties: false })
export type ResetPassword = Static<typeof ResetPassword>

export const UndoEmailChange = Type.Object({ token }, { additionalProperties: false })
export type UndoEmailChange = Static<typeof UndoEmailChange>

/** What comes after it: a new password must be set, behind this one-time address. */
export const UndoneEmailChange = Type.Object({ passwordResetToken: Type.String() })
export type UndoneEmailChange = Static<typeof UndoneEmailChange>

/** The password is asked where no session of the person comes along. */
export const CompleteEmailChange = Type.Object({ token, password: Type.Optional(password) }, { additionalProperties: false })
export type CompleteEmailChange = Static<typeof CompleteEmailChange>
