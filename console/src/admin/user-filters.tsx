import { NativeSelect } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { peopleWords } from '#words/en/people.ts'

const say = peopleWords.filters

const fields = [
  { name: 'status', label: say.status, any: say.anyStatus, entries: say.statuses },
  { name: 'badge', label: say.badge, any: say.anyBadge, entries: say.badges },
  { name: 'method', label: methodWords.filter.label, any: methodWords.filter.any, entries: methodWords.names },
  { name: 'role', label: say.role, any: say.anyRole, entries: words.roles },
] as const

/** What a list of users can be narrowed by beside the search, as it stands in the address. */
export type UserFilter = Readonly<Partial<Record<'search' | (typeof fields)[number]['name'], string>>>

/** Reads the filter out of an address; what is not known is left out. */
export function toUserFilter(search: Record<string, unknown>): UserFilter {
  const known = fields.flatMap(({ name, entries }) => {
    const value = search[name]
    return typeof value === 'string' && value in entries ? [[name, value] as const] : []
  })
  return {
    ...(typeof search.search === 'string' && search.search !== '' ? { search: search.search } : {}),
    ...Object.fromEntries(known),
  }
}

export function UserFilters() {
  const filter: UserFilter = useSearch({ from: '/users' })
  const navigate = useNavigate()
  return fields.map(({ name, label, any, entries }) => (
    <NativeSelect
      key={name}
      aria-label={label}
      value={filter[name] ?? ''}
      onChange={async ({ currentTarget: { value } }) => {
        const { [name]: _before, ...rest } = filter
        await navigate({ to: '/users', search: value === '' ? rest : { ...rest, [name]: value }, replace: true })
      }}
      data={[{ value: '', label: any }, ...Object.entries(entries).map(([value, text]) => ({ value, label: text ?? value }))]}
      className="filter"
    />
  ))
}
