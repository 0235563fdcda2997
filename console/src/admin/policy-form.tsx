import { Alert, Button, Group, List, Stack, Switch, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCheck, IconInfoCircle } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import type { Policy, PolicyDraft, PolicyPreview } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { methodName, methodWords } from '#words/en/methods.ts'
import { policyPreviewQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { arriveAt } from '../page.tsx'
import { useWho } from '../who.tsx'
import { DuoMerged } from './duo-merged.tsx'
import { type DraftedPolicy, usePolicyDraft } from './policy-draft.ts'

const say = words.company

export interface PolicyFields extends Pick<DraftedPolicy, 'draft' | 'change'> {
  readonly mayChange: boolean
}

interface PolicyFormProps {
  readonly stored: Policy
  readonly children: (fields: PolicyFields) => ReactNode
  /** What stands between the fields and the button. */
  readonly aside?: ReactNode
}

/** The rules, or some of them, in a form: what would happen is shown before it is saved, and nothing of others is overwritten unseen. */
export function PolicyForm({ stored, children, aside }: PolicyFormProps) {
  const { organization, may } = useWho()
  const drafted = usePolicyDraft(stored)
  const { draft, change, changed, save, isBusy, isSaved, unaccepted, merged, leaveUnaccepted } = drafted
  const [isAsking, setAsking] = useState(false)
  const mayChange = may('change-policy')
  useArrival()

  const update = async (event: FormEvent) => {
    event.preventDefault()
    if (stored.enabled && !draft.enabled) setAsking(true)
    else await save()
  }
  return (
    <form onSubmit={update}>
      <Stack gap="lg" mt="md">
        {!mayChange && (
          <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
            {say.readOnly(organization.name)}
          </Alert>
        )}
        <Switch
          id="enable"
          label={say.enable}
          description={say.enableWhat}
          onLabel={words.on}
          offLabel={words.off}
          checked={draft.enabled}
          disabled={!mayChange}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        {children({ draft, change, mayChange })}
        {aside}
        <Elsewhere drafted={drafted} />
        <div role="status">{changed.length > 0 && <Unsaved organizationId={organization.id} drafted={drafted} />}</div>
        {mayChange && (
          <Group>
            <Button type="submit" loading={isBusy}>
              {words.update}
            </Button>
          </Group>
        )}
        <div role="status">{merged && <DuoMerged merged={merged} />}</div>
        <div role="status">
          {isSaved && (
            <Alert color="green" icon={<IconCheck aria-hidden />} title={words.saved}>
              {say.stored(stored)}
            </Alert>
          )}
        </div>
      </Stack>
      <Ask opened={isAsking} onClose={() => setAsking(false)} title={say.offTitle} action={say.offAction} onAction={save}>
        {say.offWhat(organization.name, stored.people.secured, stored.people.required)}
      </Ask>
      <Ask
        opened={unaccepted.length > 0}
        onClose={leaveUnaccepted}
        title={methodWords.accept.title}
        action={methodWords.accept.action}
        onAction={() => save(true)}
      >
        <Text>{methodWords.accept.what(unaccepted)}</Text>
        <List spacing="xs" size="sm" mt="md">
          {unaccepted.map((kind) => (
            <List.Item key={kind}>
              <b>{methodName(kind)}:</b> {methodWords.rules.why[kind]}
            </List.Item>
          ))}
        </List>
      </Ask>
    </form>
  )
}

/** Who came by a link to one setting is taken to it; while it is folded away, to the switch that unfolds it. */
function useArrival(): void {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    if (hash !== '') arriveAt(hash, 'enable')
  }, [hash])
}

/** What others stored meanwhile, beside the draft that is kept. */
function Elsewhere({ drafted: { elsewhere, changedBy, changed, draft, discard } }: { readonly drafted: DraftedPolicy }) {
  if (elsewhere.length === 0) return null
  return (
    <Alert color="orange" title={say.elsewhere.title(changedBy)} role="alert">
      <List spacing={4} size="sm">
        {elsewhere.map(({ rule, was, is }) => (
          <List.Item key={rule}>
            {say.elsewhere.change(say.rule(rule, was), say.rule(rule, is))}{' '}
            {changed.includes(rule) && say.elsewhere.own(say.rule(rule, draft))}
          </List.Item>
        ))}
      </List>
      <Text size="sm" mt="xs">
        {say.elsewhere.what}
      </Text>
      <Button variant="default" size="sm" mt="sm" onClick={discard}>
        {say.elsewhere.discard}
      </Button>
    </Alert>
  )
}

/** Rules whose change somebody will notice at once. */
const rulesOfPeople: readonly (keyof PolicyDraft)[] = [
  'enabled',
  'mode',
  'methods',
  'defaultMethod',
  'mayChangeMethod',
  'emailForAdministrators',
  'rememberDays',
  'remembers',
  'phishingResistant',
]

function Unsaved({
  organizationId,
  drafted: { draft, changed, elsewhere, discard },
}: {
  readonly organizationId: string
  readonly drafted: DraftedPolicy
}) {
  const { may } = useWho()
  const [settled] = useDebouncedValue(draft, 200)
  const isOfPeople = changed.some((rule) => rulesOfPeople.includes(rule))
  const preview = useQuery({
    ...policyPreviewQuery(organizationId, settled),
    enabled: may('change-policy') && isOfPeople,
    placeholderData: keepPreviousData,
  })
  return (
    <Alert color="orange" title={say.unsaved}>
      <Stack gap="xs" align="flex-start">
        <List spacing={4} size="sm">
          {changed.map((rule) => (
            <List.Item key={rule}>{say.rule(rule, draft)}</List.Item>
          ))}
        </List>
        {isOfPeople && (
          <>
            {preview.data ? <Consequence preview={preview.data} draft={draft} /> : <Text size="sm">{say.preview.counting}</Text>}
            {preview.error && <Text size="sm">{say.preview.failed}</Text>}
          </>
        )}
        {elsewhere.length === 0 && (
          <Button variant="default" size="sm" onClick={discard}>
            {say.elsewhere.discard}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

/** Who will notice the change, counted and by name. */
export function Consequence({ preview, draft }: { readonly preview: PolicyPreview; readonly draft: PolicyDraft }) {
  const groups = (
    ['cannotSignIn', 'mustSetUp', 'mustMove', 'withoutNumber', 'sessionsEnd', 'devicesEnd', 'noLongerRequired'] as const
  ).filter((group) => preview[group].count > 0)
  return (
    <div>
      {!draft.enabled && <Text size="sm">{say.offConsequence}</Text>}
      {groups.length === 0 && draft.enabled && <Text size="sm">{say.preview.nobody}</Text>}
      {groups.map((group) => (
        <div key={group}>
          <Text size="sm" fw={600}>
            {say.preview[group](preview[group].count)}
          </Text>
          <Text size="sm" className="words">
            {say.preview.names(
              preview[group].names,
              group === 'sessionsEnd' || group === 'devicesEnd' ? preview[group].names.length : preview[group].count,
            )}
          </Text>
        </div>
      ))}
    </div>
  )
}
