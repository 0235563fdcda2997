import { Alert, Anchor, Button, Group, Radio, Stack, Switch, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import type { Duo, DuoCheck } from '#contract/duo.ts'
import { words } from '#words/en/console.ts'
import { duoWords as say } from '#words/en/duo-settings.ts'
import { useChange } from '../changes.tsx'
import { when } from '../when.ts'
import { useWho } from '../who.tsx'
import { DuoChecklist } from './duo-checklist.tsx'
import { changeOf, type DuoDraft, isLeaving, useDuoDraft, type Which } from './duo-draft.ts'
import { DuoKeys, DuoResult, ProofFirst } from './duo-keys.tsx'

type Results = Readonly<Record<Which, string>>
const both = ['prompt', 'auth'] as const satisfies readonly Which[]

interface DuoFormProps {
  readonly stored: Duo
  /** In "2FA Set Up": what was chosen before, so that it is not asked here. */
  readonly fixed?: Pick<DuoDraft, 'isOn' | 'account'>
  readonly onSaved?: () => void
}

/** The settings of Duo: whose account, the keys of both applications, what happens while Duo is away. */
export function DuoForm({ stored, fixed, onSaved }: DuoFormProps) {
  const { organization } = useWho()
  const isProvider = organization.kind === 'provider'
  const { run, isBusy } = useChange()
  const { draft, version, change, forget, isChanged, discard } = useDuoDraft(stored, fixed)
  const [fault, setFault] = useState<string>()
  const [results, setResults] = useState<Results>()
  const [trouble, setTrouble] = useState<{ readonly what?: string; readonly said?: string }>()
  const [checked, setChecked] = useState<DuoCheck>()
  const path = `/organizations/${organization.id}/duo`
  const { isOn, account } = draft

  const settle = () => {
    setFault(undefined)
    setResults(undefined)
    setTrouble(undefined)
    setChecked(undefined)
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    settle()
    const hasSecret = both.some((which) => draft[which].secret !== '')
    const asksDuo = isOn && account === 'own' && (hasSecret || !stored.isOn)
    const isDone = await run(
      {
        method: 'PUT',
        path,
        body: changeOf(draft, stored, version, isProvider),
        says: say.says,
        done: isOn ? (asksDuo ? say.saved : say.savedKept) : say.savedOff,
        isSecret: hasSecret,
      },
      {
        onDone: forget,
        onProblem: ({ code, details: { reason, said, changedBy, prompt, auth, sites, people } }) => {
          if (code === 'invalid-duo') setFault(reason)
          else if (code === 'duo-check-failed') {
            setResults({ prompt: prompt ?? '', auth: auth ?? '' })
            setTrouble(said === undefined ? {} : { said: say.said(said) })
          } else if (code === 'duo-not-offered') setTrouble({ what: say.noLongerOffered })
          else if (code === 'method-in-use') setTrouble({ what: reason === 'sites' ? say.inUseBySites(sites ?? 0) : say.inUse })
          else if (code === 'duo-account-in-use') setTrouble({ what: say.refused[reason === 'above' ? 'above' : 'approval'](people ?? 0) })
          else if (code === 'moved-on') setTrouble({ what: say.overtaken(changedBy?.[0]) })
          else return false
          return true
        },
      },
    )
    if (isDone) onSaved?.()
  }
  const check = async () => {
    settle()
    await run({ method: 'POST', path: `${path}/check`, body: {}, says: say.check }, { onDone: (reply) => setChecked(reply as DuoCheck) })
  }

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md" mt="md">
        {stored.account === 'provider' && stored.isOn && !stored.isUsable && (
          <Alert color="orange" icon={<IconAlertTriangle aria-hidden />}>
            {say.notOffered}
          </Alert>
        )}
        {stored.lastTrouble !== null && <Trouble trouble={stored.lastTrouble} whenAway={stored.whenAway} />}
        {!fixed && (
          <Switch
            id="enable-duo"
            label={say.enable}
            description={say.enableWhat}
            onLabel={words.on}
            offLabel={words.off}
            checked={isOn}
            onChange={(event) => change({ isOn: event.currentTarget.checked })}
          />
        )}
        {isOn && !fixed && (stored.isOffered || account === 'provider') && (
          <Radio.Group
            label={say.account}
            value={account}
            onChange={(value) => change({ account: value === 'provider' ? 'provider' : 'own' })}
          >
            <Stack gap="sm" mt="xs">
              {(['own', 'provider'] as const).map((value) => (
                <Radio key={value} value={value} label={say.accounts[value].label} description={say.accounts[value].what} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        {isOn && account === 'provider' && <Text size="sm">{say.providerWhat}</Text>}
        {isOn && account === 'own' && (
          <DuoChecklist>
            {(fixed !== undefined || stored.prompt === null) && <ProofFirst />}
            {both.map((which) => (
              <DuoKeys
                key={which}
                which={which}
                keys={draft[which]}
                hasSecret={stored[which] !== null}
                onChange={(keys) => change({ [which]: keys })}
                fault={fault}
                result={results?.[which]}
              />
            ))}
          </DuoChecklist>
        )}
        {isOn && <Behaviour draft={draft} change={change} stored={stored} isProvider={isProvider} />}
        <div role="status">{stored.bound > 0 && isLeaving(draft, stored) && <Leaving people={stored.bound} />}</div>
        <div role="status">
          {(trouble !== undefined || fault !== undefined) && (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={say.failed}>
              {fault !== undefined && <Text size="sm">{say.faults[fault]}</Text>}
              {trouble?.what !== undefined && <Text size="sm">{trouble.what}</Text>}
              {results && <Text size="sm">{say.eachSays}</Text>}
              {trouble?.said !== undefined && (
                <Text size="sm" c="dimmed" mt={4} className="words">
                  {trouble.said}
                </Text>
              )}
            </Alert>
          )}
          {checked && <Checked check={checked} />}
        </div>
        {isChanged && !fixed && (
          <Group gap="sm">
            <Text size="sm" fw={600}>
              {words.company.unsaved}
            </Text>
            <Button variant="default" size="sm" onClick={discard}>
              {words.company.elsewhere.discard}
            </Button>
          </Group>
        )}
        <div>
          {stored.provedAt !== null && (
            <Text size="sm" c="dimmed">
              {say.provedAt(when(stored.provedAt))}
            </Text>
          )}
          {stored.changedBy !== null && stored.changedAt !== null && (
            <Text size="sm" c="dimmed" className="words">
              {say.changedBy(stored.changedBy, when(stored.changedAt))}
            </Text>
          )}
        </div>
        <Group gap="sm">
          <Button type="submit" loading={isBusy}>
            {say.save}
          </Button>
          {(stored.isUsable || stored.prompt !== null) && !fixed && (
            <Button variant="default" disabled={isBusy} onClick={check}>
              {say.check}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}

/** What saving does to the people of the account that would be given up. */
function Leaving({ people }: { readonly people: number }) {
  return (
    <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title={say.leaving.title(people)}>
      {say.leaving.whats.map((what) => (
        <Text key={what} size="sm" mt={4}>
          {what}
        </Text>
      ))}
    </Alert>
  )
}

function Trouble({
  trouble,
  whenAway,
}: {
  readonly trouble: { readonly reason: string; readonly at: string }
  readonly whenAway: Duo['whenAway']
}) {
  return (
    <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title={say.trouble.title(when(trouble.at))}>
      {say.trouble.what(trouble.reason)} {say.trouble[whenAway]}{' '}
      <Anchor href="/audit?action=duo.unanswered" inherit underline="always">
        {say.trouble.each}
      </Anchor>
    </Alert>
  )
}

function Checked({ check }: { readonly check: DuoCheck }) {
  const isRight = both.every((which) => check[which].proof === 'right')
  return (
    <Alert color={isRight ? 'green' : 'red'} title={say.checked}>
      {both.map((which) => (
        <div key={which}>
          <DuoResult which={which} result={check[which].because ?? 'right'} />
          {check[which].said !== undefined && (
            <Text size="sm" c="dimmed" className="words">
              {say.said(check[which].said)}
            </Text>
          )}
        </div>
      ))}
      <Text size="sm" c="dimmed" mt={4}>
        {say.checkedAt(when(check.at))}
      </Text>
    </Alert>
  )
}

interface BehaviourProps {
  readonly draft: DuoDraft
  readonly change: (part: Partial<DuoDraft>) => void
  readonly stored: Duo
  readonly isProvider: boolean
}

/** What happens while Duo is away, what a bypass is worth, and whom a provider's account serves. */
function Behaviour({ draft, change, stored, isProvider }: BehaviourProps) {
  return (
    <>
      <Radio.Group
        label={say.whenAway}
        value={draft.whenAway}
        onChange={(value) => change({ whenAway: value === 'other-factor' ? 'other-factor' : 'closed' })}
      >
        <Stack gap="sm" mt="xs">
          {(['closed', 'other-factor'] as const).map((value) => (
            <Radio key={value} value={value} label={say.whenAways[value].label} description={say.whenAways[value].what} />
          ))}
        </Stack>
      </Radio.Group>
      <Switch
        label={say.countsBypass}
        description={say.countsBypassWhat}
        onLabel={words.on}
        offLabel={words.off}
        checked={draft.countsBypass}
        onChange={(event) => change({ countsBypass: event.currentTarget.checked })}
      />
      {draft.countsBypass && (
        <Alert color="orange" icon={<IconAlertTriangle aria-hidden />}>
          {say.countsBypassWarning}
        </Alert>
      )}
      {isProvider && (
        <Switch
          label={say.servesSites}
          description={stored.sitesUsing > 0 ? `${say.servesSitesWhat} ${say.sitesUsing(stored.sitesUsing)}` : say.servesSitesWhat}
          onLabel={words.on}
          offLabel={words.off}
          checked={draft.servesSites}
          onChange={(event) => change({ servesSites: event.currentTarget.checked })}
        />
      )}
    </>
  )
}
