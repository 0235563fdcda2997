import { Box, Button, Container, EmptyState, Group, Menu, NativeSelect, Text } from '@mantine/core'
import { IconChevronDown, IconUsersGroup } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import type { Session } from '#contract/account.ts'
import type { Organization } from '#contract/organizations.ts'
import { words } from '#words/en/console.ts'
import { AccountMenu } from './account/account-menu.tsx'
import { TwoFactorDialogs } from './account/two-factor-dialogs.tsx'
import { organizationQuery, sessionQuery } from './api.ts'
import { Mark } from './mark.tsx'
import { Shown } from './states.tsx'
import { WhoContext } from './who.tsx'

const chosenKey = 'countersign.organization'

/** What stands around every page: the organization, the way to the administration, the account menu. */
export function Frame() {
  const session = useQuery(sessionQuery)
  return (
    <Shown query={session}>{(known) => (known.memberships.length === 0 ? <Homeless session={known} /> : <Framed session={known} />)}</Shown>
  )
}

function Framed({ session }: { readonly session: Session }) {
  const [chosen, setChosen] = useState(() => localStorage.getItem(chosenKey))
  const membership = session.memberships.find((one) => one.organizationId === chosen) ?? session.memberships[0]
  const organization = useQuery(organizationQuery(membership?.organizationId ?? ''))
  const choose = (id: string) => {
    localStorage.setItem(chosenKey, id)
    setChosen(id)
  }
  return (
    <TwoFactorDialogs>
      <a className="skip" href="#content">
        {words.skip}
      </a>
      <Box component="header" className="top">
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group wrap="nowrap" gap="xs" miw={0}>
              <Mark />
              {session.memberships.length > 1 ? (
                <NativeSelect
                  aria-label={words.frame.organization}
                  value={membership?.organizationId ?? ''}
                  onChange={(event) => choose(event.currentTarget.value)}
                  data={session.memberships.map((one) => ({ value: one.organizationId, label: one.organizationName }))}
                  miw={0}
                />
              ) : (
                <Text fw={600} truncate>
                  {membership?.organizationName}
                </Text>
              )}
              {organization.data && <AdminMenu organization={organization.data} />}
            </Group>
            <AccountMenu session={session} organization={organization.data} />
          </Group>
        </Container>
      </Box>
      <Container size="xl" component="main" id="content" tabIndex={-1} py="xl" className="quiet-focus">
        <Shown query={organization}>
          {(known) => (
            <WhoContext value={{ session, organization: known }}>
              <Outlet key={known.id} />
            </WhoContext>
          )}
        </Shown>
      </Container>
    </TwoFactorDialogs>
  )
}

function AdminMenu({ organization }: { readonly organization: Organization }) {
  const seesUsers = organization.rights.includes('see-users')
  const seesPolicy = organization.rights.includes('see-policy')
  const seesAudit = organization.rights.includes('see-audit')
  if (!seesUsers && !seesPolicy && !seesAudit) return null
  return (
    <Box component="nav" aria-label={words.frame.admin}>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="subtle" color="gray" className="plain" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {words.frame.admin}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {seesUsers && (
            <Menu.Item component={Link} to="/users">
              {words.frame.users}
            </Menu.Item>
          )}
          {seesPolicy && (
            <Menu.Item component={Link} to="/company-settings">
              {words.frame.companySettings}
            </Menu.Item>
          )}
          {seesAudit && (
            <Menu.Item component={Link} to="/audit">
              {words.frame.audit}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </Box>
  )
}

/** Somebody whose last organization let them go. */
function Homeless({ session }: { readonly session: Session }) {
  return (
    <TwoFactorDialogs>
      <Box component="header" className="top">
        <Container size="xl" h="100%">
          <Group h="100%" justify="flex-end">
            <AccountMenu session={session} organization={undefined} />
          </Group>
        </Container>
      </Box>
      <main>
        <EmptyState
          py="xl"
          icon={<IconUsersGroup aria-hidden />}
          title={words.frame.noOrganization}
          description={words.frame.noOrganizationWhat}
        />
      </main>
    </TwoFactorDialogs>
  )
}
