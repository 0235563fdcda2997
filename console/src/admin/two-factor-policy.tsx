import { Alert, Anchor, Button, Checkbox, Divider, Group, NativeSelect, Progress, Radio, Stack, Switch, Text, Title } from '@mantine/core'
import { IconCheck, IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Mode, Policy, PolicyChange } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { policyQuery } from '../api.ts'
import { Ask } from '../ask.tsx'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = words.company
const modes = ['opt-in', 'chosen', 'everyone'] as const satisfies readonly Mode[]

export function TwoFactorPolicy() {
  const { organization } = useWho()
  const policy = useQuery(policyQuery(organization.id))
  return (
    <Section
      id="two-factor"
      title={say.card}
      aside={
        <Anchor component={Link} to="/help/two-factor" size="sm" className="target">
          {say.help}
        </Anchor>
      }
    >
      <Shown query={policy} whom={say.forbidden(organization.name)} lines={8}>
        {(stored) => <PolicyForm stored={stored} />}
      </Shown>
    </Section>
  )
}

/** The form keeps what was typed when others change the stored value; the server refuses an old version, and it is said. */
function PolicyForm({ stored }: { readonly stored: Policy }) {
  const { organization, may } = useWho()
  const { run, isBusy } = useChange()
  const [draft, setDraft] = useState<PolicyChange>(stored)
  const [outcome, setOutcome] = useState<'saved' | 'moved-on'>()
  const [isAsking, setAsking] = useState(false)
  const mayChange = may('change-policy')

  // What was stored meanwhile, by this form or by somebody else, is where the form starts again.
  if (stored.version !== draft.version) setDraft(stored)

  const change = (part: Partial<PolicyChange>) => {
    setOutcome(undefined)
    setDraft({ ...draft, ...part })
  }
  const save = async () => {
    setOutcome(undefined)
    const { enabled, mode, newUsersRequired } = draft
    const { people: _figures, ...body }: PolicyChange & Partial<Policy> = draft
    const isDone = await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/policy`,
        body,
        says: `${say.says} ${say.stored(enabled, mode, newUsersRequired)}`,
      },
      {
        onProblem: ({ code }) => {
          if (code === 'moved-on') setOutcome('moved-on')
          return code === 'moved-on'
        },
      },
    )
    if (isDone) setOutcome('saved')
  }
  const update = async (event: FormEvent) => {
    event.preventDefault()
    if (stored.enabled && !draft.enabled) setAsking(true)
    else await save()
  }
  const isChanged = draft.enabled !== stored.enabled || draft.mode !== stored.mode || draft.newUsersRequired !== stored.newUsersRequired

  return (
    <form onSubmit={update}>
      <Stack gap="lg" mt="md">
        {!mayChange && (
          <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
            {say.readOnly(organization.name)}
          </Alert>
        )}
        <Switch
          label={say.enable}
          description={say.enableWhat}
          onLabel={words.on}
          offLabel={words.off}
          checked={draft.enabled}
          disabled={!mayChange}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        {draft.enabled && (
          <>
            <Radio.Group label={say.whom} value={draft.mode} onChange={(mode) => change({ mode: mode as Mode })}>
              <Stack gap="sm" mt="xs">
                {modes.map((mode) => (
                  <Radio key={mode} value={mode} label={say.modes[mode].label} description={say.modes[mode].what} disabled={!mayChange} />
                ))}
              </Stack>
            </Radio.Group>
            <Checkbox
              label={say.newUsers}
              description={say.newUsersWhat}
              checked={draft.newUsersRequired}
              disabled={!mayChange}
              onChange={(event) => change({ newUsersRequired: event.currentTarget.checked })}
            />
            <Divider />
            <OneTimeCodes />
          </>
        )}
        <Divider />
        <Figures people={stored.people} />
        <div role="status">
          {isChanged && (
            <Alert color="orange" title={say.unsaved}>
              {consequence(stored, draft)}
            </Alert>
          )}
        </div>
        {mayChange && (
          <Group>
            <Button type="submit" loading={isBusy}>
              {words.update}
            </Button>
          </Group>
        )}
        <div role="status">
          {outcome === 'saved' && (
            <Alert color="green" icon={<IconCheck aria-hidden />} title={words.saved}>
              {say.stored(stored.enabled, stored.mode, stored.newUsersRequired)}
            </Alert>
          )}
          {outcome === 'moved-on' && <Alert color="orange">{say.movedOn}</Alert>}
        </div>
      </Stack>
      <Ask opened={isAsking} onClose={() => setAsking(false)} title={say.offTitle} action={say.offAction} onAction={save}>
        {say.offWhat(organization.name, stored.people.secured, stored.people.required)}
      </Ask>
    </form>
  )
}

/** What happens to people when the draft is stored, in the figures of now. */
function consequence({ people, enabled }: Policy, draft: PolicyChange): string {
  if (!draft.enabled) return say.offConsequence
  if (draft.mode === 'everyone') return say.everyoneConsequence(people.total - people.secured)
  if (draft.mode === 'opt-in') return say.optInConsequence(enabled ? people.required : 0)
  return say.chosenConsequence
}

function Figures({ people }: { readonly people: Policy['people'] }) {
  const figures = [
    [say.total, people.total],
    [say.secured, people.secured],
    [say.required, people.required],
    [say.missing, people.missing],
  ] as const
  const coverage = say.coverage(people.secured, people.total)
  return (
    <div>
      <dl className="figures">
        {figures.map(([label, figure]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{figure.toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <Progress value={people.total === 0 ? 0 : (people.secured / people.total) * 100} aria-label={coverage} color="green" mt="sm" />
      <Text size="sm" c="dimmed" mt={4}>
        {coverage}
      </Text>
    </div>
  )
}

function OneTimeCodes() {
  return (
    <div>
      <Title order={3} size="h5">
        {say.otp}
      </Title>
      <Text size="sm" c="dimmed" mt={4}>
        {say.otpWhat}
      </Text>
      <NativeSelect label={say.method} description={say.methodWhat} data={[say.methodEntry]} disabled maw={360} mt="sm" />
    </div>
  )
}
