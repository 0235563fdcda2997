import { Anchor, Button, Divider, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { duoWords as say } from '#words/en/duo-settings.ts'
import { duoQuery, policyQuery } from '../api.ts'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { DuoForm } from './duo-form.tsx'
import { DuoNoticeForm, ShownDuoNotice } from './duo-notice.tsx'
import { StandardizeOnDuo } from './duo-standardize.tsx'
import { DuoUsersCard } from './duo-users.tsx'

/** "SET UP ORGANIZATION 2FA", for those who may; nobody else sees it. */
export function SetUpButton() {
  const { may } = useWho()
  const navigate = useNavigate()
  if (!may('change-policy')) return null
  return (
    <div>
      <Divider my="lg" />
      <Button
        id="set-up-organization"
        variant="default"
        aria-describedby="set-up-organization-what"
        onClick={() => navigate({ to: '/company-settings/general/two-factor/set-up' })}
      >
        {say.setUp.button}
      </Button>
      <Text id="set-up-organization-what" size="sm" c="dimmed" mt={4}>
        {say.setUp.buttonWhat}
      </Text>
    </div>
  )
}

/** The organization's Duo, unfolding with the master switch like all options; whoever may not change it reads whom to ask. */
export function DuoCard() {
  const { organization, may } = useWho()
  const isAllowed = may('change-duo')
  const policy = useQuery(policyQuery(organization.id))
  const found = useQuery({ ...duoQuery(organization.id), enabled: isAllowed })
  if (!policy.data?.enabled) return null
  return (
    <>
      <Section
        id="duo"
        title={say.card}
        what={say.cardWhat}
        aside={
          <Anchor component={Link} to="/help/duo" size="sm" className="target">
            {say.help}
          </Anchor>
        }
      >
        <ShownDuoNotice />
        {isAllowed ? (
          <Shown query={found} whom={say.forbidden(organization.name)} lines={6}>
            {(stored) => <DuoForm key={stored.version} stored={stored} />}
          </Shown>
        ) : (
          <Text size="sm" c="dimmed" mt="md">
            {say.forbidden(organization.name)}
          </Text>
        )}
        {may('change-policy') && <StandardizeOnDuo policy={policy.data} />}
      </Section>
      {organization.kind === 'provider' && isAllowed && found.data?.account === 'own' && found.data.version > 0 && <DuoUsersCard />}
      {organization.kind === 'provider' && may('change-duo-notice') && <DuoNoticeForm />}
    </>
  )
}
