import { Alert, Anchor, Box, Stack, Switch, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { TwoFactor } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { twoFactorQuery } from '../api.ts'
import { TwoFactorBadge } from '../badge.tsx'
import { useStart } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { Authenticators } from './authenticators.tsx'
import { firstMethod, Methods } from './methods.tsx'
import { useTwoFactorDialogs } from './two-factor-dialogs.tsx'

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
  const [chosen, setChosen] = useState<string>()
  const method = chosen ?? firstMethod(twoFactor)
  const isOn = twoFactor.badge === 'secured'
  const isFixed = isOn && twoFactor.requiredBy !== null
  return (
    <Stack gap="lg" mt="md">
      <div>
        <Text fw={600}>{say.status[twoFactor.badge]}</Text>
        {twoFactor.requiredBy !== null && !isOn && <Text size="sm">{words.frame.requiredBy(twoFactor.requiredBy)}</Text>}
      </div>
      <Methods twoFactor={twoFactor} method={method} onChoose={setChosen} />
      <Box>
        <Switch
          checked={isOn}
          disabled={isFixed}
          label={say.switch}
          description={twoFactor.requiredBy !== null && isOn ? say.switchRequired(twoFactor.requiredBy) : isOn ? undefined : say.switchWhat}
          onLabel={words.on}
          offLabel={words.off}
          onChange={() => (isOn ? dialogs.disable() : start('enroll', { choice: { method } }))}
        />
      </Box>
      {isOn && <Authenticators twoFactor={twoFactor} />}
    </Stack>
  )
}
