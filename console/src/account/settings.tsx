import { Button, Group, List } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Sessions } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { sessionsQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Page, Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { when } from '../when.ts'
import { browserName } from './browser-name.ts'
import { DeviceRow } from './device-row.tsx'
import { PasswordCard } from './password-card.tsx'
import { ProfileCard } from './profile-card.tsx'
import { RememberedDevicesCard } from './remembered-devices.tsx'
import { TwoFactorCard } from './two-factor-card.tsx'

export function Settings() {
  return (
    <Page title={words.settings.title} isNarrow>
      <TwoFactorCard />
      <RememberedDevicesCard />
      <PasswordCard />
      <SessionsCard />
      <ProfileCard />
    </Page>
  )
}

function SessionsCard() {
  const sessions = useQuery(sessionsQuery)
  const say = words.settings.sessions
  return (
    <Section id="sessions" title={say.title} what={say.what}>
      <Shown query={sessions}>{(known) => <SessionList sessions={known.sessions} />}</Shown>
    </Section>
  )
}

function SessionList({ sessions }: Sessions) {
  const { run, isBusy } = useChange()
  const [isAsking, setAsking] = useState(false)
  const say = words.settings.sessions
  const others = sessions.filter((one) => !one.isCurrent)
  const methods = (amr: readonly string[]) => amr.flatMap((method) => say.methods[method] ?? []).join(' + ')
  return (
    <>
      <List listStyleType="none" mt="md" className="rows">
        {sessions.map((one) => {
          const name = browserName(one.browser)
          return (
            <DeviceRow
              key={one.id}
              name={name}
              isCurrent={one.isCurrent}
              action={
                !one.isCurrent && (
                  <Button
                    variant="default"
                    disabled={isBusy}
                    aria-label={say.endOf(name)}
                    onClick={() => run({ method: 'DELETE', path: `/me/sessions/${one.id}`, says: say.endOf(name), done: say.ended })}
                  >
                    {say.end}
                  </Button>
                )
              }
            >
              {say.started(when(one.startedAt))}
              {methods(one.amr) !== '' && ` ${say.with(methods(one.amr))}`}
              {one.onRememberedDevice && ` ${say.onRememberedDevice}`}
              {` · ${one.address} · ${say.seen(when(one.lastSeenAt))}`}
            </DeviceRow>
          )
        })}
      </List>
      {others.length > 0 && (
        <Group mt="md">
          <Button variant="default" onClick={() => setAsking(true)}>
            {say.endOthers}
          </Button>
        </Group>
      )}
      <Ask
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={say.endOthers}
        action={say.endOthers}
        onAction={() => run({ method: 'DELETE', path: '/me/sessions', says: say.endOthers, done: say.endedOthers })}
      >
        {say.endOthersAsk(others.length)}
      </Ask>
    </>
  )
}
