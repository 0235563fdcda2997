import {
  Alert,
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NativeSelect,
  NumberInput,
  Paper,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconExternalLink, IconPlus, IconUsers } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ForwardAuthSettings } from '#contract/applications-forward-auth.ts'
import { forwardAuthWords as say } from '#words/en/applications-forward-auth.ts'
import { words } from '#words/en/console.ts'
import { forwardAuthPreviewQuery, sitesQuery } from '../api.ts'
import { CopyField } from '../copy-field.tsx'
import { useWho } from '../who.tsx'
import type { FieldsProps } from './application-kinds.tsx'

type Rule = ForwardAuthSettings['rules'][number]

const everyRole = ['owner', 'security-admin', 'admin', 'user'] as const
/** What a form for a new portal begins with: everybody of the organization, with a second step. */
const wholePortal: Rule = { path: '/', roles: [...everyRole], strength: 'second-factor', freshMinutes: 15 }
export const newForwardAuth: ForwardAuthSettings = {
  kind: 'forward-auth',
  origins: [],
  people: 'own',
  organizations: [],
  rules: [wholePortal],
}

/** The fields of an application behind a reverse proxy. */
export function ForwardAuthFields({ settings, onChange, wrong }: FieldsProps<ForwardAuthSettings>) {
  const { organization } = useWho()
  const [text, setText] = useState(settings.origins.join('\n'))
  const isProvider = organization.kind === 'provider'
  const type = (typed: string) => {
    setText(typed)
    const origins = typed.split(/\s+/).filter((line) => line !== '')
    onChange({ ...settings, origins: origins.slice(0, 10) })
  }
  const set = (at: number, rule: Rule) => onChange({ ...settings, rules: settings.rules.map((one, index) => (index === at ? rule : one)) })
  return (
    <>
      <Textarea
        label={say.origins}
        description={say.originsWhat}
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
        error={wrong('origins')}
        required
        autosize
        minRows={2}
        maxRows={8}
        autoCapitalize="none"
        spellCheck={false}
      />
      {isProvider && (
        <NativeSelect
          label={say.people}
          value={settings.people}
          onChange={(event) => onChange({ ...settings, people: event.currentTarget.value as ForwardAuthSettings['people'] })}
          data={Object.entries(say.peopleChoices).map(([value, label]) => ({ value, label }))}
        />
      )}
      {isProvider && settings.people === 'chosen' && (
        <Organizations
          chosen={settings.organizations}
          onChange={(organizations) => onChange({ ...settings, organizations })}
          error={wrong('organizations')}
        />
      )}
      {settings.rules.map((rule, at) => (
        <RuleFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name but its place.
          key={at}
          rule={rule}
          isWhole={at === 0}
          onChange={(changed) => set(at, changed)}
          onRemove={() => onChange({ ...settings, rules: settings.rules.filter((_, index) => index !== at) })}
          wrong={wrong}
        />
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={18} aria-hidden />}
          onClick={() => onChange({ ...settings, rules: [...settings.rules, { ...wholePortal, path: '' }] })}
        >
          {say.addPart}
        </Button>
      </div>
      <Preview settings={settings} />
    </>
  )
}

interface RuleFieldsProps {
  readonly rule: Rule
  readonly isWhole: boolean
  readonly onChange: (rule: Rule) => void
  readonly onRemove: () => void
  readonly wrong: (field: string) => string | undefined
}

function RuleFields({ rule, isWhole, onChange, onRemove, wrong }: RuleFieldsProps) {
  const { organization } = useWho()
  const title = isWhole ? say.whole : rule.path === '' ? say.newPart : say.part(rule.path)
  const roles = everyRole.filter((role) => role !== 'owner' || organization.kind === 'provider')
  // What this organization has no use for stays as it is stored.
  const choose = (chosen: string[]) =>
    onChange({ ...rule, roles: everyRole.filter((role) => chosen.includes(role) || (!roles.includes(role) && rule.roles.includes(role))) })
  return (
    <Paper withBorder p="md" role="group" aria-label={title}>
      <Stack gap="md">
        <Text fw={600} className="words">
          {title}
        </Text>
        {!isWhole && (
          <TextInput
            label={say.path}
            description={say.pathWhat}
            value={rule.path}
            onChange={(event) => onChange({ ...rule, path: event.currentTarget.value })}
            error={wrong('rules')}
            maxLength={500}
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
        <Checkbox.Group size="md" label={say.roles} value={[...rule.roles]} onChange={choose} error={wrong('roles')}>
          <Group mt="xs" gap="md">
            {roles.map((role) => (
              <Checkbox key={role} value={role} label={words.roles[role]} />
            ))}
          </Group>
        </Checkbox.Group>
        <NativeSelect
          label={say.strength}
          value={rule.strength}
          onChange={(event) => onChange({ ...rule, strength: event.currentTarget.value as Rule['strength'] })}
          data={Object.entries(say.strengths).map(([value, label]) => ({ value, label }))}
        />
        {rule.strength === 'fresh' && (
          <NumberInput
            label={say.freshMinutes}
            value={rule.freshMinutes}
            onChange={(value) => onChange({ ...rule, freshMinutes: Math.min(1440, Math.max(1, Math.round(Number(value)) || 1)) })}
            min={1}
            max={1440}
            allowDecimal={false}
            maw={320}
          />
        )}
        {!isWhole && (
          <div>
            <Button variant="default" onClick={onRemove} aria-label={say.removePart(rule.path)}>
              {say.remove}
            </Button>
          </div>
        )}
      </Stack>
    </Paper>
  )
}

interface OrganizationsProps {
  readonly chosen: readonly string[]
  readonly onChange: (organizations: string[]) => void
  readonly error: string | undefined
}

/** The provider itself and its sites, found by typing. */
function Organizations({ chosen, onChange, error }: OrganizationsProps) {
  const { organization } = useWho()
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed, 250)
  const { data } = useInfiniteQuery({ ...sitesQuery(organization.id, search, 'name'), placeholderData: keepPreviousData })
  const found = data?.pages.flatMap((page) => page.sites) ?? []
  const known = [{ value: organization.id, label: organization.name }, ...found.map(({ id, name }) => ({ value: id, label: name }))]
  const others = chosen.filter((id) => !known.some(({ value }) => value === id)).map((id) => ({ value: id, label: id }))
  return (
    <MultiSelect
      label={say.organizations}
      description={say.organizationsWhat}
      data={[...known, ...others]}
      value={[...chosen]}
      onChange={onChange}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={say.noSite}
      error={error}
      searchable
      hidePickedOptions
      maxValues={200}
      limit={60}
    />
  )
}

/** Whom the draft lets in, counted by the server as it is typed. */
function Preview({ settings }: { readonly settings: ForwardAuthSettings }) {
  const { organization } = useWho()
  const [draft] = useDebouncedValue(settings, 300)
  const { data } = useQuery({ ...forwardAuthPreviewQuery(organization.id, draft), placeholderData: keepPreviousData, retry: false })
  return (
    <div role="status">
      {data && (
        <Alert color="gray" icon={<IconUsers aria-hidden />} title={say.previewTitle}>
          {data.rules.map(({ path, asks, letIn, secured }) => (
            <Text key={path} size="sm" className="words">
              {say.preview(letIn, path)} {asks !== 'any' && letIn > secured && say.unsecured(letIn - secured, asks)}
            </Text>
          ))}
        </Alert>
      )}
    </div>
  )
}

interface FactsProps {
  readonly issuer: string
  readonly clientId: string
  readonly settings: ForwardAuthSettings
}

/** What the configuration of the proxy needs, and a way to try it. */
export function ForwardAuthFacts({ issuer, clientId, settings }: FactsProps) {
  const [origin] = settings.origins
  return (
    <>
      <CopyField label={say.check} text={`${issuer}/forward-auth/${clientId}`} />
      <CopyField label={say.checkNginx} text={`${issuer}/forward-auth/${clientId}/status`} />
      <div>
        <CopyField label={say.signOut} text={`${issuer}/forward-auth/${clientId}/sign-out`} />
        <Text size="sm" c="dimmed">
          {say.signOutWhat}
        </Text>
      </div>
      {origin !== undefined && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" flex={1} miw={200}>
            {say.tryWhat}
          </Text>
          <Button
            component="a"
            variant="default"
            href={`${origin}/.countersign/return?try=1`}
            target="_blank"
            rel="noreferrer"
            rightSection={<IconExternalLink size={16} aria-hidden />}
          >
            {say.tryIt}
          </Button>
        </Group>
      )}
    </>
  )
}
