import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Policy, PolicyChange } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { methodName, methodWords } from '#words/en/methods.ts'
import { policyPreviewQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { useWho } from '../who.tsx'
import { DuoMerged, type Merged, mergedBy } from './duo-merged.tsx'
import { onlyMethod } from './duo-standardize.tsx'
import { Consequence } from './policy-form.tsx'
import { type Mode, methodOf, NextLogin, type Provider } from './two-factor-set-up-providers.tsx'

const say = duoWords.setUp

interface WhoIsAffectedProps {
  readonly provider: Provider
  readonly policy: Policy
  readonly mode: Mode
  readonly onMode: (mode: Mode) => void
  readonly onBack: () => void
  readonly onDone: () => void
}

/** The last step: whom it concerns, in figures and names, and the rules that follow. */
export function WhoIsAffected({ provider, policy, mode, onMode, onBack, onDone }: WhoIsAffectedProps) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [merged, setMerged] = useState<Merged>()
  const [weaker, setWeaker] = useState<readonly string[]>([])
  const method = methodOf(provider)
  const draft = onlyMethod(policy, method, mode)
  const preview = useQuery(policyPreviewQuery(organization.id, draft))
  const finish = async (acceptsWeaker = false) => {
    setMerged(undefined)
    const isDone = await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/policy`,
        body: { ...draft, version: policy.version, ...(acceptsWeaker ? { acceptsWeaker } : {}) } satisfies PolicyChange,
        says: `${say.says(methodName(method))}${acceptsWeaker ? ` ${methodWords.accept.says([method])}` : ''}`,
        done: say.done,
      },
      {
        onProblem: (problem) => {
          const { code, details } = problem
          const people = mergedBy(problem)
          setMerged(people)
          if (code === 'weaker-methods') setWeaker(details.methods ?? [])
          return people !== undefined || code === 'weaker-methods'
        },
      },
    )
    if (isDone) onDone()
  }
  return (
    <Section id="who-is-affected" title={say.who} what={say.whoWhat(methodName(method))}>
      <Stack gap="md" mt="md">
        <Radio.Group label={say.whom} value={mode} onChange={(value) => onMode(value === 'chosen' ? 'chosen' : 'everyone')}>
          <Stack gap="sm" mt="xs">
            <Radio value="everyone" label={say.whomEveryone.label} description={say.whomEveryone.what} />
            <Radio value="chosen" label={say.whomChosen.label} description={say.whomChosen.what} />
          </Stack>
        </Radio.Group>
        <div role="status">
          {preview.data && <Consequence preview={preview.data} draft={draft} />}
          {preview.isPending && <Text size="sm">{words.company.preview.counting}</Text>}
          {preview.error && <Text size="sm">{words.company.preview.failed}</Text>}
        </div>
        <NextLogin provider={provider}>
          <Alert color="gray" icon={<IconInfoCircle aria-hidden />} mt="md">
            {say.yourself}
          </Alert>
        </NextLogin>
        <div role="status">{merged && <DuoMerged merged={merged} />}</div>
        <Group>
          <Button loading={isBusy} onClick={() => finish()}>
            {say.finish}
          </Button>
          <Button variant="default" onClick={onBack}>
            {say.previous}
          </Button>
        </Group>
      </Stack>
      <Ask
        opened={weaker.length > 0}
        onClose={() => setWeaker([])}
        title={methodWords.accept.title}
        action={methodWords.accept.action}
        onAction={() => finish(true)}
      >
        <Text>{methodWords.accept.what(weaker)}</Text>
        {weaker.map((kind) => (
          <Text key={kind} size="sm" mt="sm">
            {methodWords.rules.why[kind]}
          </Text>
        ))}
      </Ask>
    </Section>
  )
}
