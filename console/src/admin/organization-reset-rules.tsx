import { Button, Divider, NumberInput, Stack, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import type { ResetRules } from '#contract/organization-reset.ts'
import { words } from '#words/en/console.ts'
import { resetWords as say } from '#words/en/organization-reset.ts'
import { policyQuery, resetQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { exactly } from '../when.ts'
import { useWho } from '../who.tsx'

/** "Reset Organization 2FA", for those who may; nobody else sees it. */
export function ResetButton() {
  const { may } = useWho()
  const navigate = useNavigate()
  if (!may('reset-organization')) return null
  return (
    <div>
      <Divider my="lg" />
      <Button
        id="reset-organization"
        onClick={() => navigate({ to: '/company-settings/general/two-factor/reset' })}
        variant="outline"
        color="red"
        aria-describedby="reset-organization-what"
      >
        {say.button}
      </Button>
      <Text id="reset-organization-what" size="sm" c="dimmed" mt={4}>
        {say.buttonWhat}
      </Text>
    </div>
  )
}

/** Whether two must agree on a reset, and how long it can be taken back; like all options it unfolds with the master switch. */
export function ResetRulesCard() {
  const { organization, may } = useWho()
  const policy = useQuery(policyQuery(organization.id))
  if (!may('reset-organization') || !policy.data?.enabled) return null
  return (
    <Section id="reset-rules" title={say.rules} what={say.rulesWhat}>
      <RulesOf organizationId={organization.id} />
    </Section>
  )
}

function RulesOf({ organizationId }: { readonly organizationId: string }) {
  const standing = useQuery(resetQuery(organizationId))
  return (
    <Shown query={standing} lines={3}>
      {({ rules }) => <RulesForm rules={rules} organizationId={organizationId} />}
    </Shown>
  )
}

function RulesForm({ rules, organizationId }: { readonly rules: ResetRules; readonly organizationId: string }) {
  const { run, isBusy } = useChange()
  const [needsApproval, setNeedsApproval] = useState(rules.needsApproval)
  const [undoMinutes, setUndoMinutes] = useState<number | ''>(rules.undoMinutes)
  useEffect(() => {
    setNeedsApproval(rules.needsApproval)
    setUndoMinutes(rules.undoMinutes)
  }, [rules.needsApproval, rules.undoMinutes])
  const isAlone = rules.admins < 2 && !rules.needsApproval
  const update = async (event: FormEvent) => {
    event.preventDefault()
    const body = { needsApproval, undoMinutes: undoMinutes === '' ? rules.undoMinutes : undoMinutes }
    await run({ method: 'PUT', path: `/organizations/${organizationId}/reset/rules`, body, says: say.rulesSays, done: say.rulesDone })
  }
  return (
    <form onSubmit={update}>
      <Stack gap="md" mt="md">
        <Switch
          id="reset-approval"
          label={say.two}
          description={isAlone ? say.twoMissing : rules.needsApproval && !needsApproval ? say.twoOff : say.twoWhat}
          onLabel={words.on}
          offLabel={words.off}
          checked={needsApproval}
          disabled={isAlone}
          onChange={(event) => setNeedsApproval(event.currentTarget.checked)}
        />
        {rules.lapsesAt !== null && <Text size="sm">{say.lapses(exactly(rules.lapsesAt))}</Text>}
        <NumberInput
          id="reset-undo"
          label={say.undoMinutes}
          description={say.undoMinutesWhat}
          suffix={` ${say.minutes}`}
          min={0}
          max={1440}
          clampBehavior="strict"
          allowDecimal={false}
          allowNegative={false}
          value={undoMinutes}
          onChange={(typed) => setUndoMinutes(typeof typed === 'number' ? typed : '')}
          maw={360}
        />
        <div>
          <Button type="submit" loading={isBusy}>
            {say.rulesAction}
          </Button>
        </div>
      </Stack>
    </form>
  )
}
