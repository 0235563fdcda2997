import { Anchor, CloseButton, List, Text, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { words } from '#words/en/console.ts'
import { findSettings } from '#words/en/settings.ts'
import { arriveAt } from './page.tsx'
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
      <TextInput
        type="search"
        label={say.label}
        placeholder={say.example}
        value={typed}
        maxLength={100}
        onChange={(event) => setTyped(event.currentTarget.value)}
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSection={isAsked && <CloseButton size={44} aria-label={say.clear} onClick={() => setTyped('')} />}
      />
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
