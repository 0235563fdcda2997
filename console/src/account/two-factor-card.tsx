import { Alert, Anchor, Box, Button, Group, List, Radio, Stack, Switch, Text } from '@mantine/core'
import { IconDeviceMobile, IconInfoCircle, IconKey } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { TwoFactor } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { twoFactorQuery } from '../api.ts'
import { TwoFactorBadge } from '../badge.tsx'
import { useStart } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useTwoFactorDialogs } from './two-factor-dialogs.tsx'

const fewCodes = 3

export function TwoFactorCard() {
  const twoFactor = useQuery(twoFactorQuery)
  const say = words.settings.twoFactor
  return (
    <Section id="two-factor" title={say.title} what={say.what} aside={twoFactor.data && <TwoFactorBadge state={twoFactor.data.badge} />}>
      <Shown query={twoFactor}>{(known) => (known.badge === 'not-available' ? <Unavailable /> : <Available twoFactor={known} />)}</Shown>
      <Anchor component={Link} to="/help/two-factor" size="sm" mt="md" className="target">
        {say.help}
      </Anchor>
    </Section>
  )
}

function Unavailable() {
  const say = words.settings.twoFactor
  return (
    <Alert color="gray" mt="md" icon={<IconInfoCircle aria-hidden />} title={say.unavailable}>
      {say.unavailableWhat}
    </Alert>
  )
}

function Available({ twoFactor }: { readonly twoFactor: TwoFactor }) {
  const dialogs = useTwoFactorDialogs()
  const start = useStart()
  const say = words.settings.twoFactor
  const isOn = twoFactor.badge === 'secured'
  const isFixed = isOn && twoFactor.requiredBy !== null
  return (
    <Stack gap="lg" mt="md">
      <div>
        <Text fw={600}>{say.status[twoFactor.badge]}</Text>
        {twoFactor.requiredBy !== null && !isOn && <Text size="sm">{words.frame.requiredBy(twoFactor.requiredBy)}</Text>}
      </div>
      <Radio.Group label={say.method} value="totp">
        <Radio value="totp" label={say.app} description={say.appWhat} mt="xs" />
      </Radio.Group>
      <Box>
        <Switch
          checked={isOn}
          disabled={isFixed}
          label={say.switch}
          description={twoFactor.requiredBy !== null && isOn ? say.switchRequired(twoFactor.requiredBy) : isOn ? undefined : say.switchWhat}
          onLabel={words.on}
          offLabel={words.off}
          onChange={() => (isOn ? dialogs.disable() : start('enroll'))}
        />
      </Box>
      {isOn ? (
        <Authenticators twoFactor={twoFactor} />
      ) : (
        <Group>
          <Button onClick={dialogs.enable}>{words.frame.enable}</Button>
        </Group>
      )}
    </Stack>
  )
}

function Authenticators({ twoFactor }: { readonly twoFactor: TwoFactor }) {
  const dialogs = useTwoFactorDialogs()
  const start = useStart()
  const say = words.settings.twoFactor
  const left = twoFactor.backupCodesLeft
  return (
    <div>
      <Group justify="space-between" gap="md">
        <Text fw={600} size="sm">
          {say.authenticators}
        </Text>
        <Button variant="default" onClick={dialogs.reset}>
          {say.reset}
        </Button>
      </Group>
      <List listStyleType="none" className="rows">
        {twoFactor.authenticators.map((one) => (
          <List.Item key={one.id}>
            <Group wrap="nowrap" gap="md">
              <IconDeviceMobile size={22} aria-hidden className="sign" />
              <div className="words">
                <Text fw={600}>{one.label}</Text>
                <Text size="sm" c="dimmed">
                  {say.bound(when(one.boundAt))}
                  {` · ${one.lastUsedAt === null ? say.neverUsed : say.used(when(one.lastUsedAt))}`}
                </Text>
              </div>
            </Group>
          </List.Item>
        ))}
        {left !== null && (
          <List.Item>
            <Group justify="space-between" gap="md">
              <Group wrap="nowrap" gap="md" miw={0}>
                <IconKey size={22} aria-hidden className="sign" />
                <div className="words">
                  <Text fw={600}>{say.backupCodes(left)}</Text>
                  <Text size="sm" c="dimmed">
                    {left <= fewCodes ? say.backupCodesFew : say.backupCodesWhat}
                  </Text>
                </div>
              </Group>
              <Button variant="default" onClick={() => start('backup-codes')}>
                {say.newBackupCodes}
              </Button>
            </Group>
          </List.Item>
        )}
      </List>
    </div>
  )
}
