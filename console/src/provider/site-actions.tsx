import { ActionIcon, Menu, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Site } from '#contract/sites.ts'
import { siteWords as say } from '#words/en/sites.ts'
import { InviteDialog } from '../admin/invite-dialog.tsx'
import { organizationQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'
import { EditSiteDialog, RemoveSiteDialog } from './site-dialogs.tsx'

type Question = 'edit' | 'invite' | 'suspend' | 'remove'

/** Goes on in a site, at its people. */
export function useOpenSite(): (siteId: string) => void {
  const { open } = useWho()
  const navigate = useNavigate()
  return (siteId) => {
    open(siteId)
    void navigate({ to: '/users' })
  }
}

/** The three dots of a site. */
export function SiteActions({ site }: { readonly site: Site }) {
  const { organization, may } = useWho()
  const open = useOpenSite()
  const { run, isBusy } = useChange()
  const [asked, setAsked] = useState<Question>()
  const close = () => setAsked(undefined)
  const path = `/organizations/${organization.id}/sites/${site.id}`
  const isSuspended = site.suspendedAt !== null
  const suspend = (wanted: boolean) =>
    run({
      method: 'PATCH',
      path,
      body: { isSuspended: wanted },
      says: wanted ? say.suspendTitle(site.name) : say.reinstateSays(site.name),
      done: wanted ? say.suspendedDone(site.name) : say.reinstated(site.name),
    })
  return (
    <>
      <Menu position="bottom-end" width={280} alignItemsLabels="all">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={44} loading={isBusy} aria-label={say.actionsFor(site.name)}>
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => open(site.id)}>
            {say.open}
            <Text size="xs" c="dimmed">
              {say.openWhat}
            </Text>
          </Menu.Item>
          <Menu.Item onClick={() => setAsked('invite')}>{say.invite}</Menu.Item>
          {may('change-sites') && (
            <>
              <Menu.Item onClick={() => setAsked('edit')}>{say.edit}</Menu.Item>
              {isSuspended ? (
                <Menu.Item onClick={() => suspend(false)}>{say.reinstate}</Menu.Item>
              ) : (
                <Menu.Item color="red" onClick={() => setAsked('suspend')}>
                  {say.suspend}
                </Menu.Item>
              )}
              <Menu.Item color="red" disabled={!isSuspended} onClick={() => setAsked('remove')}>
                {say.remove}
                {!isSuspended && (
                  <Text size="xs" c="dimmed">
                    {say.removeWhat}
                  </Text>
                )}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Ask
        opened={asked === 'suspend'}
        onClose={close}
        title={say.suspendTitle(site.name)}
        action={say.suspendAction}
        onAction={() => suspend(true)}
      >
        {say.suspendWhat(site.people.total)}
      </Ask>
      <EditSiteDialog site={site} opened={asked === 'edit'} onClose={close} />
      <RemoveSiteDialog site={site} opened={asked === 'remove'} onClose={close} />
      {asked === 'invite' && <InviteToSite site={site} onClose={close} />}
    </>
  )
}

/** The first administrator of a site is invited from here; whom else, its Users page. */
function InviteToSite({ site, onClose }: { readonly site: Site; readonly onClose: () => void }) {
  const { data } = useQuery(organizationQuery(site.id))
  return <InviteDialog opened={data !== undefined} onClose={onClose} organization={data} startAs="security-admin" />
}
