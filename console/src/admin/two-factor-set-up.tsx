import { Anchor, Button, Group, List, Radio, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import type { Duo } from '#contract/duo.ts'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { methodName } from '#words/en/methods.ts'
import { duoQuery, policyQuery } from '../api.ts'
import { Page, Section } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { isOnly } from './duo-standardize.tsx'
import { ConnectMethod } from './two-factor-set-up-connect.tsx'
import { type Mode, methodOf, NextLogin, type Provider, providers } from './two-factor-set-up-providers.tsx'
import { WhoIsAffected } from './two-factor-set-up-who.tsx'

const say = duoWords.setUp
const settings = '/company-settings/general/two-factor'
const steps = ['choose', 'connect', 'who', 'done'] as const
type Step = (typeof steps)[number]

/** "2FA Set Up": one provider of 2FA for an organization, from the choice to the rules, step by step. */
export function TwoFactorSetUp() {
  const { organization, may } = useWho()
  const path = [
    ...words.company.path,
    <Anchor key="two-factor" component={Link} to={settings} inherit>
      {say.back}
    </Anchor>,
    say.title,
  ]
  const isAllowed = may('change-policy') && may('change-duo')
  return (
    <Page title={say.title} path={path} isNarrow>
      {isAllowed ? <SetUp /> : <Forbidden whom={say.forbidden(organization.name)} />}
    </Page>
  )
}

interface Progress {
  readonly step: Step
  readonly provider: Provider
  readonly mode: Mode
}

/** How far somebody is, kept in this window while they are away in another tab or prove who they are. No secret is in it. */
function useProgress(organizationId: string) {
  const place = `countersign.set-up.${organizationId}`
  const [progress, setProgress] = useState<Progress>(() => {
    const kept = sessionStorage.getItem(place)
    return kept === null ? { step: 'choose', provider: 'duo', mode: 'everyone' } : (JSON.parse(kept) as Progress)
  })
  useEffect(() => sessionStorage.setItem(place, JSON.stringify(progress)), [place, progress])
  const go = (part: Partial<Progress>) => setProgress((known) => ({ ...known, ...part }))
  const forget = useCallback(() => sessionStorage.removeItem(place), [place])
  return { progress, go, forget }
}

function SetUp() {
  const { organization } = useWho()
  const policy = useQuery(policyQuery(organization.id))
  const duo = useQuery(duoQuery(organization.id))
  return (
    <Shown query={policy} whom={say.forbidden(organization.name)} lines={8}>
      {(rules) => (
        <Shown query={duo} whom={say.forbidden(organization.name)} lines={8}>
          {(stored) => <Steps policy={rules} duo={stored} />}
        </Shown>
      )}
    </Shown>
  )
}

function Steps({ policy, duo }: { readonly policy: Policy; readonly duo: Duo }) {
  const { organization } = useWho()
  const { progress, go, forget } = useProgress(organization.id)
  const { provider, mode } = progress
  // The rules may have been stored on the way back from a proof, when this page was not there.
  const isInForce = isOnly(policy, methodOf(provider), mode)
  const isStored = progress.step === 'who' && isInForce
  const step = isStored ? 'done' : progress.step
  useEffect(() => {
    if (isStored) go({ step: 'done' })
    // Whoever has seen the rules in force begins anew another time. Who has to log in again by them has not, and comes back to the last page.
    if (progress.step === 'done' && isInForce) forget()
  })
  const shown = Math.min(steps.indexOf(step) + 1, 3)
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed" role="status" id="set-up-place">
        {say.place(shown, 3)}
      </Text>
      {step === 'choose' && (
        <Choose provider={provider} duo={duo} onChoose={(chosen) => go({ provider: chosen })} onNext={() => go({ step: 'connect' })} />
      )}
      {step === 'connect' && (
        <ConnectMethod
          provider={provider}
          policy={policy}
          duo={duo}
          onBack={() => go({ step: 'choose' })}
          onNext={() => go({ step: 'who' })}
        />
      )}
      {step === 'who' && (
        <WhoIsAffected
          provider={provider}
          policy={policy}
          mode={mode}
          onMode={(chosen) => go({ mode: chosen })}
          onBack={() => go({ step: 'connect' })}
          onDone={() => go({ step: 'done' })}
        />
      )}
      {step === 'done' && <Done provider={provider} />}
    </Stack>
  )
}

interface ChooseProps {
  readonly provider: Provider
  readonly duo: Duo
  readonly onChoose: (provider: Provider) => void
  readonly onNext: () => void
}

const whats: Readonly<Record<Exclude<Provider, 'duo' | 'duo-provider'>, string>> = {
  passkey: say.passkey.what,
  totp: say.totp.what,
  authanvil: say.authanvil.what,
  email: say.sent.what,
  sms: say.sent.what,
  voice: say.sent.what,
}

function Choose({ provider, duo, onChoose, onNext }: ChooseProps) {
  const offered = providers.filter((one) => one !== 'duo-provider' || duo.isOffered)
  const chosen = offered.includes(provider) ? provider : 'duo'
  const label = (one: Provider) => (one === 'duo' || one === 'duo-provider' ? say[one].label : methodName(one))
  const what = (one: Provider) => (one === 'duo' || one === 'duo-provider' ? say[one].what : whats[one])
  const next = () => {
    onChoose(chosen)
    onNext()
  }
  return (
    <>
      <Section id="before" title={say.before}>
        <List spacing="xs" mt="sm">
          {say.beforeList.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      </Section>
      <Section id="choose" title={say.choose}>
        <Radio.Group aria-labelledby="choose-title" value={chosen} onChange={(value) => onChoose(value as Provider)}>
          <Stack gap="sm" mt="md">
            {offered.map((one) => (
              <Radio key={one} value={one} label={label(one)} description={what(one)} />
            ))}
          </Stack>
        </Radio.Group>
        <Group mt="lg">
          <Button onClick={next}>{say.next}</Button>
          <Button component={Link} to={settings} variant="default">
            {words.cancel}
          </Button>
        </Group>
      </Section>
    </>
  )
}

function Done({ provider }: { readonly provider: Provider }) {
  const method = methodOf(provider)
  return (
    <Section id="done" title={say.done} what={say.doneWhat(methodName(method))}>
      <NextLogin provider={provider} />
      <Group mt="lg">
        <Button component={Link} to={settings}>
          {say.toSettings}
        </Button>
        <Button component={Link} to="/users" variant="default">
          {say.toUsers}
        </Button>
      </Group>
    </Section>
  )
}
