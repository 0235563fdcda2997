import { Box, Button, Container, EmptyState, Group, Menu, NativeSelect, Text } from '@mantine/core'
import { IconChevronDown, IconUsersGroup } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Session } from '#contract/account.ts'
import type { Organization } from '#contract/organizations.ts'
import { applicationWords } from '#words/en/applications.ts'
import { words } from '#words/en/console.ts'
import { siteWords } from '#words/en/sites.ts'
import { AccountMenu } from './account/account-menu.tsx'
import { TwoFactorDialogs } from './account/two-factor-dialogs.tsx'
import { organizationQuery, Problem, sessionQuery } from './api.ts'
import { Mark } from './mark.tsx'
import { Shown } from './states.tsx'
import { WhoContext } from './who.tsx'

/** Where the choice of an organization is kept. */
export const chosenKey = 'countersign.organization'

/** What stands around every page: the organization, the way to the administration, the account menu. */
export function Frame() {
  const session = useQuery(sessionQuery)
  return (
    <Shown query={session}>{(known) => (known.memberships.length === 0 ? <Homeless session={known} /> : <Framed session={known} />)}</Shown>
  )
}

function Framed({ session }: { readonly session: Session }) {
  const { current, organization, open } = useOrganization(session)
  const known = organization.data
  const choices = session.memberships.map((one) => ({ value: one.organizationId, label: one.organizationName }))
  const isOwn = choices.some(({ value }) => value === current)
  if (!isOwn && known) choices.push({ value: known.id, label: known.name })
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
              {choices.length > 1 ? (
                <NativeSelect
                  aria-label={words.frame.organization}
                  value={current}
                  onChange={(event) => open(event.currentTarget.value)}
                  data={choices}
                  miw={0}
                />
              ) : (
                <Text fw={600} truncate dir="auto">
                  {choices[0]?.label}
                </Text>
              )}
              {known && <AdminMenu organization={known} />}
            </Group>
            <AccountMenu session={session} organization={known} />
          </Group>
        </Container>
      </Box>
      {known?.actsAs === 'provider' && <Acting session={session} site={known} open={open} />}
      <Container size="xl" component="main" id="content" tabIndex={-1} py="xl" className="quiet-focus">
        <Shown query={organization}>
          {(found) => (
            <WhoContext value={{ session, organization: found, open }}>
              <Outlet key={found.id} />
            </WhoContext>
          )}
        </Shown>
      </Container>
    </TwoFactorDialogs>
  )
}

/**
 * The organization on show: one of the person's own, or a site that the provider acts for. The choice of a site holds in this
 * window only, so that no other one changes under somebody's hands.
 */
function useOrganization({ memberships }: Session) {
  const [chosen, choose] = useState(() => sessionStorage.getItem(chosenKey) ?? localStorage.getItem(chosenKey))
  const isOwn = (id: string | null) => memberships.some((one) => one.organizationId === id)
  const ofHost = memberships.find(({ host }) => host === window.location.hostname)
  const home = (isOwn(chosen) ? chosen : (ofHost ?? memberships[0])?.organizationId) ?? ''
  const mayActBelow = memberships.some((one) => one.kind === 'provider' && one.role !== 'user')
  const current = chosen !== null && mayActBelow ? chosen : home
  const organization = useQuery(organizationQuery(current))
  const isGone = current !== home && organization.error instanceof Problem && organization.error.code === 'not-found'
  useEffect(() => {
    if (isGone) choose(null)
  }, [isGone])
  const open = (id: string) => {
    sessionStorage.setItem(chosenKey, id)
    if (isOwn(id)) localStorage.setItem(chosenKey, id)
    choose(id)
  }
  return { current, organization, open }
}

interface ActingProps {
  readonly session: Session
  readonly site: Organization
  readonly open: (organizationId: string) => void
}

/** Says on every page for whom somebody of the provider acts, and leads back. */
function Acting({ session, site, open }: ActingProps) {
  const navigate = useNavigate()
  const provider = session.memberships.find((one) => one.kind === 'provider')
  if (!provider) return null
  const back = () => {
    open(provider.organizationId)
    void navigate({ to: '/sites' })
  }
  return (
    <Box component="aside" className="acting" aria-label={siteWords.acting}>
      <Container size="xl">
        <Group justify="space-between" gap="xs">
          <Text size="sm" className="words">
            {siteWords.actingFor(site.name, provider.organizationName)}
            {site.isSuspended && ` ${siteWords.actingSuspended(site.name)}`}
          </Text>
          <Button variant="default" onClick={back}>
            {siteWords.back(provider.organizationName)}
          </Button>
        </Group>
      </Container>
    </Box>
  )
}

function AdminMenu({ organization }: { readonly organization: Organization }) {
  const seesUsers = organization.rights.includes('see-users')
  const seesPolicy = organization.rights.includes('see-policy')
  const seesSites = organization.rights.includes('see-sites')
  const seesApplications = organization.rights.includes('change-applications')
  const seesAudit = organization.rights.includes('see-audit')
  if (!seesUsers && !seesPolicy && !seesSites && !seesAudit) return null
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
          {seesSites && (
            <Menu.Item component={Link} to="/sites">
              {siteWords.title}
            </Menu.Item>
          )}
          {seesApplications && (
            <Menu.Item component={Link} to="/applications">
              {applicationWords.title}
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
