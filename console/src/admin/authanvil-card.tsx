import { Alert, Button, NativeSelect, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { AuthAnvil, AuthAnvilChange } from '#contract/authanvil.ts'
import { authAnvilWords as say } from '#words/en/authanvil.ts'
import { words } from '#words/en/console.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { authAnvilQuery, policyQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'

const usualPin = '1111'

/** The organization's own AuthAnvil, unfolding with the master switch like all options; whoever may not change it reads whom to ask. */
export function AuthAnvilCard() {
  const { organization, may } = useWho()
  const isAllowed = may('change-authanvil')
  const policy = useQuery(policyQuery(organization.id))
  const found = useQuery({ ...authAnvilQuery(organization.id), enabled: isAllowed })
  if (!policy.data?.enabled) return null
  return (
    <Section id="authanvil" title={say.card} what={say.cardWhat}>
      {isAllowed ? (
        <Shown query={found} whom={say.forbidden(organization.name)} lines={4}>
          {(stored) => <AuthAnvilForm key={stored.version} stored={stored} />}
        </Shown>
      ) : (
        <Text size="sm" c="dimmed" mt="md">
          {say.forbidden(organization.name)}
        </Text>
      )}
    </Section>
  )
}

export function AuthAnvilForm({ stored }: { readonly stored: AuthAnvil }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  // The version that was read when the form was opened: a change by somebody else in the meantime is told, and not overwritten.
  const [version] = useState(stored.version)
  const [isOn, setOn] = useState(stored.isOn)
  const [url, setUrl] = useState(stored.url)
  const [siteId, setSiteId] = useState(String(stored.siteId))
  const [pin, setPin] = useState(stored.isUsualPin ? usualPin : '')
  const [pinOrder, setOrder] = useState(stored.pinOrder)
  const [showsPin, setShowsPin] = useState(stored.showsPin)
  const [fault, setFault] = useState<string>()
  const [trouble, setTrouble] = useState<{ readonly what: string; readonly said?: string }>()
  const wrong = (name: string) => (fault === name ? say.faults[name] : undefined)

  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFault(undefined)
    setTrouble(undefined)
    const isKept = !stored.isUsualPin && pin === ''
    const body: AuthAnvilChange = { isOn, url, siteId, pinOrder, showsPin, version, ...(isKept ? {} : { pin }) }
    await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/authanvil`,
        body,
        says: say.says,
        done: isOn ? say.saved : say.savedOff,
        isSecret: !isKept && pin !== usualPin,
      },
      {
        onProblem: ({ code, details: { reason, said, changedBy } }) => {
          if (code === 'invalid-authanvil') setFault(reason)
          else if (code === 'authanvil-check-failed')
            setTrouble({ what: say.trouble(reason ?? ''), ...(typeof said === 'string' ? { said: say.said(said) } : {}) })
          else if (code === 'method-in-use') setTrouble({ what: say.inUse })
          else if (code === 'moved-on') setTrouble({ what: say.overtaken(changedBy?.[0]) })
          else return false
          return true
        },
      },
    )
  }

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md" mt="md">
        <Switch
          id="enable-authanvil"
          label={say.enable}
          onLabel={words.on}
          offLabel={words.off}
          checked={isOn}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        {isOn && (
          <>
            <TextInput
              label={say.url}
              description={say.urlWhat}
              error={wrong('url')}
              value={url}
              maxLength={500}
              autoComplete="off"
              required
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
            <TextInput
              label={say.siteId}
              description={say.siteIdWhat}
              error={wrong('siteId')}
              value={siteId}
              maxLength={20}
              inputMode="numeric"
              autoComplete="off"
              required
              onChange={(event) => setSiteId(event.currentTarget.value)}
              maw={360}
            />
            <NativeSelect
              label={say.order}
              description={say.orderWhat}
              data={Object.entries(say.orders).map(([value, label]) => ({ value, label }))}
              value={pinOrder}
              onChange={(event) => setOrder(event.currentTarget.value as AuthAnvil['pinOrder'])}
              maw={360}
            />
            {pinOrder !== 'none' && (
              <>
                <PasswordInput
                  label={say.pin}
                  description={stored.isUsualPin ? say.pinWhat : `${say.pinWhat} ${say.pinKept}`}
                  error={wrong('pin')}
                  value={pin}
                  maxLength={32}
                  autoComplete="new-password"
                  onChange={(event) => setPin(event.currentTarget.value)}
                  visibilityToggleButtonProps={{ 'aria-label': gatewayWords.reveal(say.pin), tabIndex: 0 }}
                />
                <Switch
                  label={say.showsPin}
                  description={say.showsPinWhat}
                  onLabel={words.on}
                  offLabel={words.off}
                  checked={showsPin}
                  onChange={(event) => setShowsPin(event.currentTarget.checked)}
                />
              </>
            )}
            <Text size="sm" c="dimmed">
              {say.checks}
            </Text>
          </>
        )}
        <div role="status">
          {trouble && (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={say.failed}>
              <Text size="sm">{trouble.what}</Text>
              {trouble.said !== undefined && (
                <Text size="sm" c="dimmed" mt={4} className="words">
                  {trouble.said}
                </Text>
              )}
            </Alert>
          )}
        </div>
        {stored.changedBy !== null && stored.changedAt !== null && (
          <Text size="sm" c="dimmed" className="words">
            {say.changedBy(stored.changedBy, when(stored.changedAt))}
          </Text>
        )}
        <div>
          <Button type="submit" loading={isBusy}>
            {say.save}
          </Button>
        </div>
      </Stack>
    </form>
  )
}
