import { Alert, Radio, Stack, Switch, Text, Title } from '@mantine/core'
import { IconWorldOff } from '@tabler/icons-react'
import type { Policy, PolicyDraft } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { passkeyWords } from '#words/en/passkeys.ts'
import type { PolicyFields } from './policy-form.tsx'

const say = passkeyWords.rules
const covers = ['off', 'administrators', 'everyone'] as const satisfies readonly PolicyDraft['phishingResistant'][]

/** Who has to use a passkey and nothing weaker, and whether a passkey is enough by itself. */
export function PolicyPasskeys({ draft, change, mayChange, stored }: PolicyFields & { readonly stored: Policy }) {
  const isPossible = stored.availableMethods.includes('passkey')
  const methods = draft.methods.includes('passkey') ? draft.methods : ['passkey', ...draft.methods]
  return (
    <Stack gap="md">
      <Title order={3} size="h5">
        {say.title}
      </Title>
      {!isPossible && (
        <Alert color="gray" icon={<IconWorldOff aria-hidden />}>
          {say.noHostName}
        </Alert>
      )}
      <Radio.Group
        id="phishing-resistant"
        label={say.resistant}
        description={say.resistantWhat}
        value={draft.phishingResistant}
        onChange={(value) => {
          const phishingResistant = value as PolicyDraft['phishingResistant']
          change({
            phishingResistant,
            ...(phishingResistant === 'off' ? {} : { methods }),
            ...(phishingResistant === 'everyone' ? { mode: 'everyone' } : {}),
          })
        }}
      >
        <Stack gap="sm" mt="xs">
          {covers.map((whom) => (
            <Radio
              key={whom}
              value={whom}
              label={say.resistantFor[whom]}
              disabled={!mayChange || (!isPossible && whom !== 'off' && draft.phishingResistant !== whom)}
            />
          ))}
        </Stack>
      </Radio.Group>
      {draft.phishingResistant !== 'off' && (
        <Text size="sm" c="dimmed">
          {say.resistantAdvice}
        </Text>
      )}
      <Switch
        id="passwordless"
        label={say.passwordless}
        description={say.passwordlessWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={draft.passwordless}
        disabled={!mayChange || (!isPossible && !draft.passwordless)}
        onChange={(event) => change({ passwordless: event.currentTarget.checked })}
      />
    </Stack>
  )
}
