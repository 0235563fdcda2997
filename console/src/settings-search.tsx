import { Anchor, List, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { words } from '#words/en/console.ts'
import { findSettings } from '#words/en/settings.ts'
import { arriveAt } from './page.tsx'
import { SearchField } from './search-field.tsx'
import { useWho } from './who.tsx'

const say = words.settingsSearch

/** Finds a setting under any of the names it is known by, and leads to it. */
export function SettingsSearch() {
  const { may } = useWho()
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const found = findSettings(typed, may('see-policy'))
  const isAsked = typed.trim() !== ''
  return (
    <search>
      <SearchField label={say.label} isLabelShown placeholder={say.example} value={typed} onType={setTyped} clear={say.clear} />
      <Text size="sm" c="dimmed" mt={4} role="status">
        {isAsked && say.found(found.length)}
      </Text>
      {found.length > 0 && (
        <List listStyleType="none" spacing={4} aria-label={say.hits}>
          {found.map(({ title, where, href }) => (
            <List.Item key={title}>
              <Anchor
                href={href}
                className="target"
                onClick={async (event) => {
                  event.preventDefault()
                  setTyped('')
                  await navigate({ href })
                  // An address that was there already brings about nothing by itself.
                  arriveAt(href.split('#')[1] ?? '', 'enable')
                }}
              >
                {title}
              </Anchor>{' '}
              <Text span size="sm" c="dimmed">
                {where}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </search>
  )
}
