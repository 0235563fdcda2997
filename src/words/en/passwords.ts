import type { Explanation, FieldName, PageProblem } from '../problem.ts'

/** How long a new password must be, below its field. */
export const passwordHint = (minLength: number, raisedBy?: string | null) =>
  `At least ${minLength} characters${asAsked(raisedBy)}. A few unrelated words do well.`

const asAsked = (organization: string | null | undefined) => (organization ? `, as ${organization} asks` : '')

/** Why a new password is refused, and what to do: the same words on the pages and in the Console. */
export function passwordTooWeak({ reason, minLength, raisedBy }: PageProblem): Explanation {
  const field: FieldName = 'password'
  switch (reason) {
    case 'too-short':
      return {
        field,
        title: 'This password is too short.',
        advice:
          minLength === undefined
            ? 'Make it longer: a few unrelated words do well.'
            : `Use at least ${minLength} characters${asAsked(raisedBy)}: a few unrelated words do well.`,
      }
    case 'too-long':
      return { field, title: 'This password is too long.', advice: 'Use a shorter one: nobody needs more than a long sentence.' }
    case 'common':
      return {
        field,
        title: 'This password is too common.',
        advice: 'It stands on the lists that attackers try first. Use a few unrelated words, or let a password manager make one.',
      }
    case 'contains-context':
      return {
        field,
        title: 'This password is too easy to guess.',
        advice: 'It contains your name, your email or your organization. Use words that have nothing to do with you.',
      }
    default:
      return { field, title: 'This password cannot be used.', advice: 'Use a longer one, of a few unrelated words.' }
  }
}
