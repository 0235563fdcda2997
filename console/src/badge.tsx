import { Badge } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconShieldCheck, IconShieldOff } from '@tabler/icons-react'
import type { Badge as State } from '#contract/account.ts'
import { words } from '#words/en/console.ts'

const looks = {
  secured: { color: 'green', Icon: IconShieldCheck },
  'not-set-up': { color: 'gray', Icon: IconShieldOff },
  required: { color: 'orange', Icon: IconAlertTriangle },
  'not-available': { color: 'gray', Icon: IconBan },
} satisfies Record<State, unknown>

/** How well somebody is protected: in a word, a colour and a sign, never in colour alone. */
export function TwoFactorBadge({ state }: { readonly state: State }) {
  const { color, Icon } = looks[state]
  return (
    <Badge variant="light" color={color} radius={6} size="lg" className="state" leftSection={<Icon size={15} aria-hidden />}>
      {words.badges[state]}
    </Badge>
  )
}
