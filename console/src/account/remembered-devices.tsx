import { Button, Group, List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RememberedDevices } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { devicesQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { browserName } from './browser-name.ts'
import { DeviceRow } from './device-row.tsx'

/** Where the second step is spared, and how to take that back. */
export function RememberedDevicesCard() {
  const devices = useQuery(devicesQuery)
  const say = words.settings.devices
  return (
    <Section id="remembered-devices" title={say.title} what={say.what}>
      <Shown query={devices}>{(known) => <DeviceList {...known} />}</Shown>
    </Section>
  )
}

function DeviceList({ devices, days }: RememberedDevices) {
  const { run, isBusy } = useChange()
  const { session } = useWho()
  const [isAsking, setAsking] = useState(false)
  const say = words.settings.devices
  /** Whoever forgets the device that this session rests on is signed out by it. */
  const forget = (path: string, endsThis: boolean, says: string, done: string) =>
    run({ method: 'DELETE', path, says, ...(endsThis && session.onRememberedDevice ? { leave: '/sign-in?notice=signed-out' } : { done }) })
  if (devices.length === 0)
    return (
      <Text mt="md" c="dimmed">
        {days === 0 ? say.notAllowed : say.none(days)}
      </Text>
    )
  return (
    <>
      <List listStyleType="none" mt="md" className="rows">
        {devices.map((one) => {
          const name = browserName(one.browser)
          return (
            <DeviceRow
              key={one.id}
              name={name}
              isCurrent={one.isCurrent}
              action={
                <Button
                  variant="default"
                  disabled={isBusy}
                  aria-label={say.forgetOf(name)}
                  onClick={() => forget(`/me/devices/${one.id}`, one.isCurrent, say.forgetOf(name), say.forgotten)}
                >
                  {say.forget}
                </Button>
              }
            >
              {say.remembered(when(one.rememberedAt), one.address)}
              {` · ${say.used(when(one.lastUsedAt))} · ${say.until(when(one.expiresAt))}`}
            </DeviceRow>
          )
        })}
      </List>
      <Group mt="md">
        <Button variant="default" onClick={() => setAsking(true)}>
          {say.forgetAll}
        </Button>
      </Group>
      <Ask
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={say.forgetAll}
        action={say.forgetAll}
        onAction={() => forget('/me/devices', true, say.forgetAll, say.forgottenAll)}
      >
        {say.forgetAllAsk}
      </Ask>
    </>
  )
}
