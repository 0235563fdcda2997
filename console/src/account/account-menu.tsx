import { Button, Menu, Text, useMantineColorScheme } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Session } from '#contract/account.ts'
import type { Organization } from '#contract/organizations.ts'
import { words } from '#words/en/console.ts'
import { twoFactorQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { useTwoFactorDialogs } from './two-factor-dialogs.tsx'

interface AccountMenuProps {
  readonly session: Session
  readonly organization: Organization | undefined
}

export function AccountMenu({ session, organization }: AccountMenuProps) {
  const { run } = useChange()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const schemes = words.frame.colorSchemes
  const signOut = () => run({ method: 'DELETE', path: '/session', says: words.frame.signOut, leave: '/sign-in?notice=signed-out' })
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="subtle" color="gray" className="plain account" rightSection={<IconChevronDown size={16} aria-hidden />}>
          <span className="cut" dir="auto">
            {session.user.name}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.user.email}</Menu.Label>
        <Menu.Item component={Link} to="/settings" hash="profile">
          {words.frame.editProfile}
        </Menu.Item>
        <Menu.Item component={Link} to="/settings">
          {words.frame.userSettings}
        </Menu.Item>
        <Menu.Item component={Link} to="/settings" hash="two-factor">
          {words.frame.twoFactor}
        </Menu.Item>
        <TwoFactorEntry />
        {organization?.rights.includes('see-users') && (
          <Menu.Item component={Link} to="/users">
            {words.frame.team}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>{words.frame.colorScheme}</Menu.Label>
        <Menu.RadioGroup
          aria-label={words.frame.colorScheme}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
        >
          {(['auto', 'light', 'dark'] as const).map((value) => (
            <Menu.RadioItem key={value} value={value}>
              {schemes[value]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={signOut}>{words.frame.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** "Enable 2FA" or "Disable 2FA", or a line that says why there is neither. */
function TwoFactorEntry() {
  const { data } = useQuery(twoFactorQuery)
  const dialogs = useTwoFactorDialogs()
  if (!data) return null
  if (data.badge === 'not-available') return <Menu.Item disabled>{words.frame.notAvailable}</Menu.Item>
  if (data.badge !== 'secured') return <Menu.Item onClick={() => dialogs.enable()}>{words.frame.enable}</Menu.Item>
  if (data.requiredBy === null) return <Menu.Item onClick={dialogs.disable}>{words.frame.disable}</Menu.Item>
  return (
    <Text size="sm" c="dimmed" className="menu-line">
      {words.frame.requiredBy(data.requiredBy)}
    </Text>
  )
}
