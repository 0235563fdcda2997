import { Group, List, Text } from '@mantine/core'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { words } from '#words/en/console.ts'

interface DeviceRowProps {
  /** The browser, as {@link browserName} calls it. */
  readonly name: string
  readonly isCurrent: boolean
  /** What is known of it. */
  readonly children: ReactNode
  readonly action: ReactNode
}

/** A browser on a device, in the lists of sessions and of remembered devices. */
export function DeviceRow({ name, isCurrent, children, action }: DeviceRowProps) {
  const Icon = /iPhone|iPad|Android/.test(name) ? IconDeviceMobile : IconDeviceDesktop
  return (
    <List.Item>
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Group wrap="nowrap" gap="md" miw={0}>
          <Icon size={22} aria-hidden className="sign" />
          <div className="words">
            <Text fw={600}>
              {name}
              {isCurrent && (
                <Text span c="dimmed" fw={400}>
                  {` · ${words.settings.sessions.current}`}
                </Text>
              )}
            </Text>
            <Text size="sm" c="dimmed">
              {children}
            </Text>
          </div>
        </Group>
        {action}
      </Group>
    </List.Item>
  )
}
