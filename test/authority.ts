import { readFileSync, writeFileSync } from 'node:fs'
import type { Role } from '#domain/roles.ts'
import type { RouteAuthority, Who } from '#http/authority.ts'
import { openKit } from './kit.ts'

/** Prints what the routes declare into `docs/authority.md`: `npm run authority`. A test compares the two. */
const document = new URL('../docs/authority.md', import.meta.url)
const mark = '<!-- Everything below is printed by npm run authority. -->\n'

const roles = ['user', 'admin', 'security-admin', 'owner'] as const
type Row = RouteAuthority & { readonly kind: string; readonly one: Who }

const named = ({ method, path, kind }: Row) => `${method} \`${path}\`${kind && `: ${kind}`}`
const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('')
    .replaceAll(/^\| (--- \| )+$/gm, (rule) => rule.replaceAll(' ', ''))

/** The whole matrix as the document has it: a table for those who have no role to speak of, and one by role. */
export function authorityTable(authorities: readonly RouteAuthority[]): string {
  const rows: Row[] = authorities.flatMap((route) =>
    Object.entries(typeof route.who === 'string' ? { '': route.who } : route.who).map(([kind, one]) => ({ ...route, kind, one })),
  )
  const isByRole = ({ one }: Row) => roles.some((role) => role === one)
  const alone = {
    anyone: ['yes', 'yes', 'yes'],
    'sign-in': ['401', 'yes', '401'],
    session: ['401', '401', 'yes'],
    'api-key': ['401', '401', '401'],
  } as const
  const cellOf = ({ one, only }: Row, at: number) => (at < roles.indexOf(one as Role) ? '403' : only ? `yes, of the ${only}` : 'yes')
  return [
    '### Without a role\n',
    table(
      ['request', 'nobody', 'half signed in', 'signed in', 'proof'],
      (['anyone', 'sign-in', 'session', 'api-key'] as const).flatMap((who) =>
        rows
          .filter(({ one }) => one === who)
          .map((row) => [named(row), ...alone[who], row.isSigned ? 'signature' : who === 'api-key' ? 'API key' : (row.proof ?? '')]),
      ),
    ),
    '### By the role in the organization of the path\n',
    table(
      ['request', 'nobody', 'half signed in', 'no role there', 'user', 'admin', 'security admin', 'owner', 'proof'],
      rows.filter(isByRole).map((row) => [named(row), '401', '401', '404', ...roles.map((_, at) => cellOf(row, at)), row.proof ?? '']),
    ),
  ].join('\n')
}

/** What stands in the document. */
export function printedTable(): string {
  return (readFileSync(document, 'utf8').split(mark)[1] ?? '').trimStart()
}

if (import.meta.main) {
  const kit = await openKit({ database: 'pglite', founded: false })
  const [head = ''] = readFileSync(document, 'utf8').split(mark)
  writeFileSync(document, `${head}${mark}\n${authorityTable(kit.app.authorities)}`)
  await kit.close()
}
