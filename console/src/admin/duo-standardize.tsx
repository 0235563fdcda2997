import { Button, Divider, List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Policy, PolicyChange, PolicyDraft } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { policyPreviewQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'
import { DuoMerged, type Merged, mergedBy } from './duo-merged.tsx'
import { Consequence } from './policy-form.tsx'

const say = duoWords.standardize

/** Rules by which everybody uses one method and nobody may change it, beside what else is stored. */
export function onlyMethod(
  { people: _people, availableMethods: _methods, weakerAccepted: _accepted, version: _version, ...rules }: Policy,
  kind: string,
  mode: PolicyDraft['mode'] = 'everyone',
): PolicyDraft {
  return { ...rules, enabled: true, methods: [kind], defaultMethod: kind, mayChangeMethod: false, mode }
}

/** Whether rules are those of {@link onlyMethod} already. */
export function isOnly(policy: Policy, kind: string, mode: PolicyDraft['mode'] = 'everyone'): boolean {
  return policy.enabled && policy.mode === mode && !policy.mayChangeMethod && policy.methods.length === 1 && policy.methods.includes(kind)
}

/** The preset: Duo for everybody. Whom it concerns is shown before it is stored. */
export function StandardizeOnDuo({ policy }: { readonly policy: Policy }) {
  const { organization } = useWho()
  const { run } = useChange()
  const [isAsking, setAsking] = useState(false)
  const [merged, setMerged] = useState<Merged>()
  const draft = onlyMethod(policy, 'duo')
  const isUsable = policy.availableMethods.includes('duo')
  const isDone = isOnly(policy, 'duo')
  const preview = useQuery({ ...policyPreviewQuery(organization.id, draft), enabled: isAsking })
  const store = () => {
    setMerged(undefined)
    return run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/policy`,
        body: { ...draft, version: policy.version } satisfies PolicyChange,
        says: say.says,
        done: say.saved,
      },
      {
        onProblem: (problem) => {
          const people = mergedBy(problem)
          setMerged(people)
          return people !== undefined
        },
      },
    )
  }
  return (
    <div>
      <Divider my="lg" />
      <Button
        id="standardize-duo"
        variant="default"
        disabled={!isUsable || isDone}
        aria-describedby="standardize-duo-what"
        onClick={() => setAsking(true)}
      >
        {say.button}
      </Button>
      <Text id="standardize-duo-what" size="sm" c="dimmed" mt={4}>
        {isDone ? say.done : isUsable ? say.what : `${say.what} ${say.notYet}`}
      </Text>
      <Text size="sm" c="dimmed" mt={4}>
        {say.otherwise}
      </Text>
      <div role="status">{merged && <DuoMerged merged={merged} />}</div>
      <Ask opened={isAsking} onClose={() => setAsking(false)} title={say.title} action={say.action} onAction={store}>
        <List spacing={4} size="sm" mb="md">
          {say.list.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
        {preview.data && <Consequence preview={preview.data} draft={draft} />}
        {preview.isPending && <Text size="sm">{words.company.preview.counting}</Text>}
        {preview.error && <Text size="sm">{words.company.preview.failed}</Text>}
        <Text size="sm" mt="md">
          {say.next}
        </Text>
      </Ask>
    </div>
  )
}
