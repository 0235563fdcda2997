import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import type { TwoFactor } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { useStart } from '../changes.tsx'
import { useTwoFactorDialogs } from './two-factor-dialogs.tsx'

const say = methodWords.own
const label = (kind: string) => say.labels[kind] ?? kind

interface MethodsProps {
  readonly twoFactor: TwoFactor
  readonly method: string
  readonly onChoose: (method: string) => void
}

/** The method that is chosen to begin with: one that is in use, else what is offered first. */
export function firstMethod({ methods, authenticators }: TwoFactor): string {
  return methods.find((kind) => authenticators.some((one) => one.kind === kind)) ?? methods[0] ?? 'totp'
}

/** One's methods: a choice where the rules leave one, else the only one and whose rule that is; and the way to set one up. */
export function Methods({ twoFactor, method, onChoose }: MethodsProps) {
  const dialogs = useTwoFactorDialogs()
  const start = useStart()
  const { methods, methodSetBy, authenticators, mustMove, withoutDuo } = twoFactor
  const isInUse = (kind: string) => authenticators.some((one) => one.kind === kind)
  const isOn = twoFactor.badge === 'secured'
  return (
    <Stack gap="md">
      {methodSetBy === null ? (
        <Radio.Group label={words.settings.twoFactor.method} value={method} onChange={onChoose}>
          <Stack gap="xs" mt="xs">
            {methods.map((kind) => (
              <Radio
                key={kind}
                value={kind}
                label={label(kind)}
                description={isInUse(kind) ? `${say.inUse} ${say.whats[kind] ?? ''}` : say.whats[kind]}
              />
            ))}
          </Stack>
        </Radio.Group>
      ) : (
        <div>
          <Text size="sm" fw={600}>
            {words.settings.twoFactor.method}
          </Text>
          <Text size="sm">{new Intl.ListFormat('en', { type: 'disjunction' }).format(methods.map(label))}</Text>
          <Text size="sm" c="dimmed">
            {words.settings.twoFactor.methodSetBy(methodSetBy)}
          </Text>
        </div>
      )}
      {mustMove && (
        <Alert color="orange" icon={<IconInfoCircle aria-hidden />}>
          {say.mustMove}
        </Alert>
      )}
      {withoutDuo.length > 0 && (
        <Alert color="gray" icon={<IconInfoCircle aria-hidden />} className="words">
          {say.withoutDuo(withoutDuo, methods)}
        </Alert>
      )}
      {!isOn ? (
        <Group>
          <Button onClick={() => dialogs.enable(method)}>{words.frame.enable}</Button>
        </Group>
      ) : (
        !isInUse(method) && (
          <div>
            <Button onClick={() => start('enroll', { choice: { method } })}>{say.setUp(method)}</Button>
            <Text size="sm" c="dimmed" mt={4}>
              {say.switchWhat}
            </Text>
          </div>
        )
      )}
    </Stack>
  )
}
