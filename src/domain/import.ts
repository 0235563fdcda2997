import { readCsv } from './csv.ts'
import { plainEmail } from './email.ts'
import type { Role } from './roles.ts'

/** A file holds so many people at most, and so many bytes. */
export const importLimits = { people: 5_000, bytes: 1_000_000 } as const

/** Why a whole file cannot be used. */
export type ImportProblem = 'empty' | 'too-many-lines' | 'too-large' | 'not-text' | 'quotes' | 'columns'

/** Why one line invites nobody. */
export type LineProblem =
  | 'invalid-email'
  | 'name-missing'
  | 'invalid-name'
  | 'unknown-role'
  | 'role-above-yours'
  | 'twice'
  | 'already-member'
  | 'invited-often'

export interface ImportLine {
  readonly line: number
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly problem?: LineProblem
}

export type Import = { readonly lines: readonly ImportLine[] } | { readonly problem: ImportProblem; readonly line?: number }

const columns = {
  name: ['name', 'full name', 'display name'],
  email: ['email', 'e-mail', 'mail', 'email address', 'e-mail address'],
  role: ['role'],
} as const

const roles: readonly Role[] = ['owner', 'security-admin', 'admin', 'user']

/**
 * Reads the people out of a file whose first line names the columns: name, email and, if it is there, role. What needs no
 * database is judged here, line by line; a line that is wrong costs that line alone.
 *
 * @param grantable roles that whoever imports may give
 */
export function readImport(text: string, grantable: readonly Role[]): Import {
  // What a decoder puts where bytes were no UTF-8, and what no text has.
  if (text.includes('\uFFFD') || text.includes('\0')) return { problem: 'not-text' }
  const csv = readCsv(text)
  if ('brokenAtLine' in csv) return { problem: 'quotes', line: csv.brokenAtLine }
  const [head, ...records] = csv.records
  if (!head) return { problem: 'empty' }
  const place = (names: readonly string[]) => head.fields.findIndex((field) => names.includes(field.toLowerCase()))
  const at = { name: place(columns.name), email: place(columns.email), role: place(columns.role) }
  if (at.name < 0 || at.email < 0) return { problem: 'columns', line: head.line }
  if (records.length === 0) return { problem: 'empty' }
  if (records.length > importLimits.people) return { problem: 'too-many-lines' }

  const seen = new Set<string>()
  const lines = records.map(({ line, fields }): ImportLine => {
    const field = (nth: number) => fields[nth] ?? ''
    const name = field(at.name)
    const wanted =
      at.role < 0 || field(at.role) === ''
        ? 'user'
        : field(at.role)
            .toLowerCase()
            .replace(/[\s_]+/g, '-')
    const role = roles.find((one) => one === wanted)
    const email = plainEmail(field(at.email))
    const problem =
      email === undefined
        ? 'invalid-email'
        : seen.has(email)
          ? 'twice'
          : name === ''
            ? 'name-missing'
            : !isPlainName(name)
              ? 'invalid-name'
              : role === undefined
                ? 'unknown-role'
                : grantable.includes(role)
                  ? undefined
                  : 'role-above-yours'
    if (email !== undefined) seen.add(email)
    return { line, name, email: email ?? field(at.email), role: role ?? 'user', ...(problem ? { problem } : {}) }
  })
  return { lines }
}

/** One line of text that no spreadsheet takes for a formula when it meets it again in an export. */
function isPlainName(name: string): boolean {
  return [...name].length <= 120 && !/^[=+\-@]|\p{Cc}/u.test(name)
}
