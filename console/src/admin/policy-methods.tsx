import { Alert, Anchor, Button, Checkbox, Menu, NativeSelect, Stack, Switch, Text, Title } from '@mantine/core'
import { IconChevronDown, IconShieldCheck, IconWorldOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Policy } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { methodName, methodWords } from '#words/en/methods.ts'
import { passkeyWords } from '#words/en/passkeys.ts'
import { gatewaysQuery } from '../api.ts'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import type { PolicyFields } from './policy-form.tsx'

const say = { ...words.company, ...methodWords.rules }
const sent: readonly string[] = ['email', 'sms', 'voice']
const offBelow: Readonly<Record<string, string | undefined>> = {
  duo: say.duoOff,
  authanvil: say.authanvilOff,
  passkey: say.noHostName,
}
const everyMethod = Object.keys(methodWords.names)

/** Which methods there are, which one is offered first, and whether people may choose. */
export function PolicyMethods({ draft, change, mayChange, stored }: PolicyFields & { readonly stored: Policy }) {
  const isPasskeysOnly = draft.phishingResistant !== 'off'
  const allow = (chosen: readonly string[]) => {
    const allowed = everyMethod.filter((kind) => chosen.includes(kind))
    const [first = draft.defaultMethod] = allowed
    change({ methods: allowed, defaultMethod: allowed.includes(draft.defaultMethod) ? draft.defaultMethod : first })
  }
  const box = (kind: string) => {
    const isUsable = stored.availableMethods.includes(kind) || draft.methods.includes(kind)
    const isLast = draft.methods.length === 1 && draft.methods.includes(kind)
    const isKept = kind === 'passkey' && isPasskeysOnly && draft.methods.includes(kind)
    const note = isKept ? ` ${passkeyWords.rules.kept}` : isUsable ? '' : ` ${offBelow[kind] ?? say.unavailable}`
    return (
      <Checkbox
        key={kind}
        value={kind}
        label={methodName(kind)}
        description={`${say.why[kind]}${note}`}
        disabled={!mayChange || !isUsable || isLast || isKept}
      />
    )
  }
  return (
    <Stack gap="md">
      <div>
        <Title order={3} size="h5">
          {say.otp}
        </Title>
        <Text size="sm" c="dimmed" mt={4}>
          {say.otpWhat}
        </Text>
      </div>
      <NativeSelect
        id="method"
        label={say.method}
        description={say.methodWhat}
        data={draft.methods.map((kind) => ({ value: kind, label: methodName(kind) }))}
        value={draft.defaultMethod}
        disabled={!mayChange}
        onChange={(event) => change({ defaultMethod: event.currentTarget.value })}
        maw={360}
      />
      <Checkbox.Group id="allowed-methods" label={say.allowed} description={say.allowedWhat} value={draft.methods} onChange={allow}>
        <Stack gap="sm" mt="xs">
          {everyMethod.filter((kind) => !sent.includes(kind)).map(box)}
          <div>
            <Text size="sm" fw={600} mt="xs">
              {say.sent}
            </Text>
            <Text size="sm" c="dimmed">
              {say.sentWhat}
            </Text>
          </div>
          {sent.map(box)}
        </Stack>
      </Checkbox.Group>
      {!draft.methods.includes('passkey') && (
        <div>
          <Text id="strongest-method" size="sm" c="dimmed">
            {passkeyWords.rules.strongest}
          </Text>
          {mayChange && stored.availableMethods.includes('passkey') && (
            <Button
              variant="default"
              size="sm"
              mt="xs"
              aria-describedby="strongest-method"
              onClick={() => allow([...draft.methods, 'passkey'])}
            >
              {passkeyWords.rules.allow}
            </Button>
          )}
        </div>
      )}
      {mayChange && draft.methods.some((kind) => kind === 'sms' || kind === 'voice') && <NoCountry />}
      {stored.weakerAccepted !== null && (
        <Alert color="gray" icon={<IconShieldCheck aria-hidden />}>
          {say.accepted(stored.weakerAccepted.by, when(stored.weakerAccepted.at))}
        </Alert>
      )}
      <Switch
        id="email-for-administrators"
        label={say.adminEmail}
        description={say.adminEmailWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={draft.emailForAdministrators}
        disabled={!mayChange || !draft.methods.includes('email')}
        onChange={(event) => change({ emailForAdministrators: event.currentTarget.checked })}
      />
      <Switch
        id="allow-change"
        label={say.mayChange}
        description={say.mayChangeWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={draft.mayChangeMethod}
        disabled={!mayChange}
        onChange={(event) => change({ mayChangeMethod: event.currentTarget.checked })}
      />
      {mayChange && (
        <div>
          <Standardize
            methods={isPasskeysOnly ? ['passkey'] : draft.methods}
            onChoose={(kind) => change({ methods: [kind], defaultMethod: kind, mayChangeMethod: false, mode: 'everyone' })}
          />
          <Text id="standardize-what" size="sm" c="dimmed" mt={4}>
            {say.standardizeWhat}
          </Text>
        </div>
      )}
    </Stack>
  )
}

/** Numbers are written to in chosen countries alone: while there is none, texts and calls are allowed in vain. */
function NoCountry() {
  const { organization } = useWho()
  const { data } = useQuery(gatewaysQuery(organization.id))
  if (data?.rules.inForce.countries.length !== 0) return null
  return (
    <Alert color="orange" icon={<IconWorldOff aria-hidden />} title={say.noCountry} role="status">
      {organization.kind === 'site' ? say.noCountryOfSite : say.noCountryWhat}{' '}
      <Anchor component={Link} to="/company-settings/general/messages" hash="sending-limits" inherit>
        {say.toCountries}
      </Anchor>
    </Alert>
  )
}

/** The preset: with one allowed method a button, with several a choice among them. */
function Standardize({ methods, onChoose }: { readonly methods: readonly string[]; readonly onChoose: (kind: string) => void }) {
  const [only, ...others] = methods
  if (only !== undefined && others.length === 0) {
    return (
      <Button id="standardize" variant="default" aria-describedby="standardize-what" onClick={() => onChoose(only)}>
        {say.standardize}
      </Button>
    )
  }
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button
          id="standardize"
          variant="default"
          aria-describedby="standardize-what"
          rightSection={<IconChevronDown size={18} aria-hidden />}
        >
          {say.standardize}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {methods.map((kind) => (
          <Menu.Item key={kind} onClick={() => onChoose(kind)}>
            {say.standardizeOn(kind)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
