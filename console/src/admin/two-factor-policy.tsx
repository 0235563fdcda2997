import { Alert, Anchor, Checkbox, Divider, NativeSelect, NumberInput, Progress, Radio, Stack, Switch, Text, Title } from '@mantine/core'
import { IconShieldExclamation } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Mode, Policy, PolicyDraft } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { policyQuery } from '../api.ts'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { SetUpButton } from './duo-card.tsx'
import { ResetButton } from './organization-reset-rules.tsx'
import { type PolicyFields, PolicyForm } from './policy-form.tsx'
import { PolicyMethods } from './policy-methods.tsx'

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
        {(stored) => (
          <>
            {stored.enabled && stored.people.total > stored.people.secured && <NotCovered people={stored.people} />}
            <PolicyForm
              stored={stored}
              aside={
                <>
                  <Divider />
                  <Figures people={stored.people} />
                </>
              }
            >
              {(fields) => fields.draft.enabled && <Options {...fields} stored={stored} />}
            </PolicyForm>
            <SetUpButton />
            <ResetButton />
          </>
        )}
      </Shown>
    </Section>
  )
}

/** What unfolds once the master switch is on. */
function Options({ draft, change, mayChange, stored }: PolicyFields & { readonly stored: Policy }) {
  return (
    <>
      <Radio.Group id="who" label={say.whom} value={draft.mode} onChange={(mode) => change({ mode: mode as Mode })}>
        <Stack gap="sm" mt="xs">
          {modes.map((mode) => (
            <Radio key={mode} value={mode} label={say.modes[mode].label} description={say.modes[mode].what} disabled={!mayChange} />
          ))}
        </Stack>
      </Radio.Group>
      <Checkbox
        id="new-users"
        label={say.newUsers}
        description={say.newUsersWhat}
        checked={draft.newUsersRequired}
        disabled={!mayChange}
        onChange={(event) => change({ newUsersRequired: event.currentTarget.checked })}
      />
      <Divider />
      <PolicyMethods draft={draft} change={change} mayChange={mayChange} stored={stored} />
      <Divider />
      <Additional draft={draft} change={change} mayChange={mayChange} />
    </>
  )
}

function Additional({ draft, change, mayChange }: PolicyFields) {
  return (
    <Stack gap="md">
      <Title order={3} size="h5">
        {say.additional}
      </Title>
      <Figure
        id="passcode-timeout"
        label={say.passcodeTimeout}
        what={say.passcodeTimeoutWhat}
        unit={say.minutes}
        range={[1, 10]}
        value={draft.passcodeTimeoutMinutes}
        disabled={!mayChange}
        onChange={(passcodeTimeoutMinutes) => change({ passcodeTimeoutMinutes })}
      />
      <Figure
        id="remember-days"
        label={say.rememberDays}
        what={say.rememberDaysWhat}
        unit={say.days}
        range={[0, 365]}
        value={draft.rememberDays}
        disabled={!mayChange}
        onChange={(rememberDays) => change({ rememberDays })}
      />
      <NativeSelect
        id="remembers"
        label={say.remembers}
        description={say.remembersWhat}
        data={(['everyone', 'users'] as const).map((value) => ({ value, label: say.remembered[value] }))}
        value={draft.remembers}
        disabled={!mayChange || draft.rememberDays === 0}
        onChange={(event) => change({ remembers: event.currentTarget.value as PolicyDraft['remembers'] })}
        maw={360}
      />
      <Switch
        id="strict-totp"
        label={say.strict}
        description={say.strictWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={draft.strictTotp}
        disabled={!mayChange}
        onChange={(event) => change({ strictTotp: event.currentTarget.checked })}
      />
    </Stack>
  )
}

interface FigureProps {
  readonly id: string
  readonly label: string
  readonly what: string
  readonly unit: string
  readonly range: readonly [least: number, most: number]
  readonly value: number
  readonly disabled: boolean
  readonly onChange: (value: number) => void
}

/** A whole number with its unit. An empty field is no number: it shows the last one again when it is left. */
function Figure({ id, label, what, unit, range: [min, max], value, disabled, onChange }: FigureProps) {
  const [isEmpty, setEmpty] = useState(false)
  return (
    <NumberInput
      id={id}
      label={label}
      description={what}
      suffix={` ${unit}`}
      min={min}
      max={max}
      clampBehavior="strict"
      allowDecimal={false}
      allowNegative={false}
      value={isEmpty ? '' : value}
      disabled={disabled}
      onChange={(typed) => {
        setEmpty(typeof typed !== 'number')
        if (typeof typed === 'number') onChange(typed)
      }}
      onBlur={() => setEmpty(false)}
      maw={360}
    />
  )
}

/** How many people no second step protects, and the way to them. */
function NotCovered({ people }: { readonly people: Policy['people'] }) {
  return (
    <Alert color="orange" icon={<IconShieldExclamation aria-hidden />} title={say.notCovered(people.total - people.secured)} mt="md">
      {say.notCoveredWhat(people.missing)}{' '}
      <Anchor component={Link} to="/users" inherit underline="always">
        {say.notCoveredLink}
      </Anchor>
    </Alert>
  )
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
