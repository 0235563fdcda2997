import { Select } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { words } from '#words/en/console.ts'
import { organizationQuery, sitesQuery } from '../api.ts'
import { useWho } from '../who.tsx'

interface AuditSiteProps {
  readonly site: string | undefined
  /** Gives an empty text where no site is meant any more. */
  readonly onChoose: (site: string) => void
}

/** One of the provider's sites by its name, among however many there are. */
export function AuditSite({ site, onChoose }: AuditSiteProps) {
  const { organization } = useWho()
  const [search, setSearch] = useState('')
  const seek = useDebouncedCallback((text: string) => setSearch(text.trim()), 250)
  const found = useInfiniteQuery({ ...sitesQuery(organization.id, search, 'name'), placeholderData: keepPreviousData })
  const chosen = useQuery({ ...organizationQuery(site ?? ''), enabled: site !== undefined })
  const sites = found.data?.pages.flatMap((page) => page.sites) ?? []
  const known = site !== undefined && chosen.data !== undefined && sites.every(({ id }) => id !== site) ? [chosen.data] : []
  const named = [...known, ...sites]
  return (
    <Select
      label={words.audit.site}
      searchable
      allowDeselect={false}
      value={site ?? ''}
      data={[{ value: '', label: words.audit.everySite }, ...named.map(({ id, name }) => ({ value: id, label: name }))]}
      // The server has looked for them already.
      filter={({ options }) => options}
      // What stands in the field once a site is chosen is its name, and no search for others.
      onSearchChange={(text) => seek(text === words.audit.everySite || named.some(({ name }) => name === text) ? '' : text)}
      onChange={(id) => onChoose(id ?? '')}
      // The list itself scrolls: it is what the arrow keys walk through.
      withScrollArea={false}
      styles={{ options: { maxHeight: 320, overflowY: 'auto' } }}
    />
  )
}
