import { Stack, Tabs } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { Page } from '../page.tsx'
import { SettingsSearch } from '../settings-search.tsx'
import { Forbidden } from '../states.tsx'
import { useWho } from '../who.tsx'
import { AuthAnvilCard } from './authanvil-card.tsx'
import { DuoCard } from './duo-card.tsx'
import { LookSettings } from './look.tsx'
import { Messages } from './messages.tsx'
import { ResetRulesCard } from './organization-reset-rules.tsx'
import { PasswordRules } from './password-rules.tsx'
import { TwoFactorPolicy } from './two-factor-policy.tsx'

const say = words.company
const tabs = ['two-factor', 'password-rules', 'appearance', 'messages'] as const
type Tab = (typeof tabs)[number]

export function TwoFactorSettings() {
  return <CompanySettings tab="two-factor" />
}

export function PasswordSettings() {
  return <CompanySettings tab="password-rules" />
}

export function AppearanceSettings() {
  return <CompanySettings tab="appearance" />
}

export function MessageSettings() {
  return <CompanySettings tab="messages" />
}

function CompanySettings({ tab }: { readonly tab: Tab }) {
  const { organization, may } = useWho()
  const navigate = useNavigate()
  if (!may('see-policy')) {
    return (
      <Page title={say.title}>
        <Forbidden whom={say.forbidden(organization.name)} />
      </Page>
    )
  }
  return (
    <Page title={say.title} path={say.path} isNarrow>
      <SettingsSearch />
      <Tabs value={tab} onChange={(value) => navigate({ to: `/company-settings/general/${value}` })} keepMounted={false}>
        <Tabs.List mb="lg">
          {tabs.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {say.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="two-factor">
          <Stack gap="lg">
            <TwoFactorPolicy />
            <DuoCard />
            <AuthAnvilCard />
            <ResetRulesCard />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="password-rules">
          <PasswordRules />
        </Tabs.Panel>
        <Tabs.Panel value="appearance">
          <LookSettings />
        </Tabs.Panel>
        <Tabs.Panel value="messages">
          <Messages />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
