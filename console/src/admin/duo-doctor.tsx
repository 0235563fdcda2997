import { Alert, Anchor, Button, EmptyState, Group, NativeSelect, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { DuoAliases, DuoDoctor as DuoDoctorView, DuoExamination, DuoNormalization } from '#contract/duo-doctor.ts'
import { words } from '#words/en/console.ts'
import { duoDoctorWords as say } from '#words/en/duo-doctor.ts'
import { duoDoctorQuery } from '../api.ts'
import { Page, Section } from '../page.tsx'
import { Forbidden, Shown } from '../states.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { DoctorResult } from './duo-doctor-result.tsx'
import { useCourse } from './duo-doctor-run.ts'

const settings = '/company-settings/general/two-factor'

/** The key doctor of Duo: whom Duo does not know, whose alias is missing, whom it would take for one; and the cure. */
export function DuoDoctor() {
  const { organization, may } = useWho()
  const path = [
    ...words.company.path,
    <Anchor key="two-factor" component={Link} to={settings} inherit>
      {say.back}
    </Anchor>,
    say.title,
  ]
  return (
    <Page title={say.title} path={path}>
      {may('change-duo') ? <Doctor /> : <Forbidden whom={say.forbidden(organization.name)} />}
    </Page>
  )
}

function Doctor() {
  const { organization } = useWho()
  const found = useQuery(duoDoctorQuery(organization.id))
  return (
    <Shown query={found} whom={say.forbidden(organization.name)} lines={8}>
      {(doctor) =>
        doctor.host === null ? (
          <EmptyState py="xl" title={say.none} description={say.noneWhat}>
            <EmptyState.Actions>
              <Button component={Link} to={settings}>
                {say.toSettings}
              </Button>
            </EmptyState.Actions>
          </EmptyState>
        ) : (
          <Examination key={organization.id} doctor={doctor} host={doctor.host} />
        )
      }
    </Shown>
  )
}

function Examination({ doctor, host }: { readonly doctor: DuoDoctorView; readonly host: string }) {
  const { organization } = useWho()
  const path = `/organizations/${organization.id}/duo/doctor`
  const [prompt, setPrompt] = useState<DuoNormalization>(doctor.prompt)
  const [admin, setAdmin] = useState<Typed>({ isUsed: false, key: '', secret: '' })
  const [fault, setFault] = useState<string>()
  const examination = useCourse()
  const adding = useCourse()
  const { course } = examination
  const isRunning = course?.state === 'running'
  const auth = course?.names?.auth ?? doctor.auth
  const keys = { key: admin.key.trim(), secret: admin.secret.trim() }

  const examine = async (event: FormEvent) => {
    event.preventDefault()
    setFault(undefined)
    adding.forget()
    const body: DuoExamination = { prompt, ...(admin.isUsed ? { admin: keys } : {}) }
    await examination.start({
      path,
      body,
      says: say.says,
      isSecret: admin.isUsed,
      onProblem: ({ code, details: { reason = '' } }) => {
        const isFault = code === 'malformed' && reason in say.faults
        if (isFault) setFault(reason)
        return isFault
      },
    })
  }
  const add = (people: readonly string[]) => {
    const body: DuoAliases = { prompt, admin: keys, people: [...people] }
    return adding.start({ path: `${path}/aliases`, body, says: say.addSays, isSecret: true })
  }

  return (
    <Stack gap="lg">
      <Section id="names" title={say.names} what={say.namesWhat}>
        <Stack gap="md" mt="md">
          <dl className="facts">
            <dt>{say.authApi}</dt>
            <dd>{say.probed[auth]}</dd>
          </dl>
          <NativeSelect
            label={say.webSdkAsk}
            description={say.webSdkWhat}
            data={Object.entries(say.normalizations).map(([value, label]) => ({ value, label }))}
            value={prompt}
            disabled={isRunning}
            onChange={({ currentTarget: { value } }) => setPrompt(value === 'none' || value === 'simple' ? value : 'unknown')}
            maw={640}
          />
          <div role="status">
            {prompt !== 'unknown' && auth !== 'unknown' && prompt !== auth && (
              <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
                {say.differ}
              </Alert>
            )}
          </div>
        </Stack>
      </Section>
      <Section id="check" title={say.check} what={doctor.people === 0 ? say.nobody : say.checkWhat(doctor.people, host)}>
        <form onSubmit={examine} noValidate>
          <Stack gap="md" mt="md">
            {doctor.account === 'provider' && <Text size="sm">{say.provider}</Text>}
            <AdminKeys typed={admin} onType={setAdmin} fault={fault} isDisabled={isRunning} />
            {doctor.checkedBy !== null && doctor.checkedAt !== null && (
              <Text size="sm" c="dimmed" className="words">
                {say.lastChecked(doctor.checkedBy, when(doctor.checkedAt))}
              </Text>
            )}
            <Group gap="sm">
              <Button type="submit" loading={isRunning} disabled={doctor.people === 0}>
                {course && !isRunning ? say.startAgain : say.start(doctor.people)}
              </Button>
              {isRunning && (
                <Button variant="default" onClick={examination.stop}>
                  {say.stop}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
      </Section>
      {course && (
        <DoctorResult
          course={course}
          adding={adding.course}
          isPromptTold={prompt !== 'unknown'}
          mayAdd={admin.isUsed}
          onAdd={add}
          onStopAdding={adding.stop}
        />
      )}
    </Stack>
  )
}

interface Typed {
  readonly isUsed: boolean
  readonly key: string
  readonly secret: string
}

interface AdminKeysProps {
  readonly typed: Typed
  readonly onType: (typed: Typed) => void
  readonly fault: string | undefined
  readonly isDisabled: boolean
}

/** Keys that live as long as this page. */
function AdminKeys({ typed, onType, fault, isDisabled }: AdminKeysProps) {
  return (
    <>
      <Switch
        label={say.withAdmin}
        description={say.withAdminWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={typed.isUsed}
        disabled={isDisabled}
        onChange={(event) => onType({ isUsed: event.currentTarget.checked, key: '', secret: '' })}
      />
      {typed.isUsed && (
        <>
          <TextInput
            label={say.key}
            error={fault === 'key' ? say.faults.key : undefined}
            value={typed.key}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
            required
            disabled={isDisabled}
            onChange={(event) => onType({ ...typed, key: event.currentTarget.value })}
            maw={480}
          />
          <PasswordInput
            label={say.secret}
            error={fault === 'secret' ? say.faults.secret : undefined}
            value={typed.secret}
            maxLength={100}
            autoComplete="off"
            required
            disabled={isDisabled}
            onChange={(event) => onType({ ...typed, secret: event.currentTarget.value })}
            visibilityToggleButtonProps={{ 'aria-label': say.reveal, tabIndex: 0 }}
            maw={480}
          />
        </>
      )}
    </>
  )
}
