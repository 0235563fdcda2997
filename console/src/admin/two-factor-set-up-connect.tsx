import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { Duo } from '#contract/duo.ts'
import type { Policy } from '#contract/policy.ts'
import { authAnvilWords } from '#words/en/authanvil.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { methodName } from '#words/en/methods.ts'
import { passkeyWords } from '#words/en/passkeys.ts'
import { authAnvilQuery } from '../api.ts'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { AuthAnvilForm } from './authanvil-card.tsx'
import { DuoForm } from './duo-form.tsx'
import { methodOf, type Provider } from './two-factor-set-up-providers.tsx'

const say = duoWords.setUp

interface ConnectMethodProps {
  readonly provider: Provider
  readonly policy: Policy
  readonly duo: Duo
  readonly onBack: () => void
  readonly onNext: () => void
}

/** The second step: what the chosen method needs before the rules may name it. */
export function ConnectMethod({ provider, policy, duo, onBack, onNext }: ConnectMethodProps) {
  const method = methodOf(provider)
  const account = provider === 'duo-provider' ? 'provider' : 'own'
  const [isChanging, setChanging] = useState(false)
  const isUsable = policy.availableMethods.includes(method) && (method !== 'duo' || duo.account === account)
  const back = (
    <Button variant="default" onClick={onBack}>
      {say.previous}
    </Button>
  )
  const forward = (
    <Group mt="lg">
      <Button onClick={onNext} disabled={!isUsable}>
        {say.next}
      </Button>
      {back}
    </Group>
  )
  if (method === 'duo') {
    return (
      <Section id="connect" title={say.keys} what={account === 'own' ? say.keysWhat : duoWords.providerWhat}>
        {isUsable && !isChanging ? (
          <Connected>
            {say.connected}{' '}
            {account === 'own' && (
              <Anchor component="button" type="button" inherit underline="always" onClick={() => setChanging(true)}>
                {say.change}
              </Anchor>
            )}
          </Connected>
        ) : (
          <DuoForm key={duo.version} stored={duo} fixed={{ isOn: true, account }} onSaved={onNext} />
        )}
        {forward}
      </Section>
    )
  }
  return (
    <Section id="connect" title={methodName(method)}>
      {isUsable && <Connected>{say.nothing(methodName(method))}</Connected>}
      {!isUsable && method === 'authanvil' && <AuthAnvilHere />}
      {!isUsable && method === 'passkey' && (
        <Alert color="gray" icon={<IconInfoCircle aria-hidden />} mt="md">
          {passkeyWords.rules.noHostName}
        </Alert>
      )}
      {!isUsable && method !== 'authanvil' && method !== 'passkey' && (
        <Alert color="gray" icon={<IconInfoCircle aria-hidden />} mt="md">
          {say.missing(methodName(method))}{' '}
          <Anchor component={Link} to="/company-settings/general/messages" inherit underline="always">
            {say.toMessages}
          </Anchor>
        </Alert>
      )}
      {forward}
    </Section>
  )
}

function Connected({ children }: { readonly children: ReactNode }) {
  return (
    <Alert color="green" icon={<IconCheck aria-hidden />} mt="md">
      {children}
    </Alert>
  )
}

function AuthAnvilHere() {
  const { organization } = useWho()
  const found = useQuery(authAnvilQuery(organization.id))
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed" mt={4}>
        {authAnvilWords.checks}
      </Text>
      <Shown query={found} whom={authAnvilWords.forbidden(organization.name)} lines={4}>
        {(stored) => <AuthAnvilForm key={stored.version} stored={stored} />}
      </Shown>
    </Stack>
  )
}
