import { Alert, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { Look, LookChange } from '#contract/look.ts'
import { words } from '#words/en/console.ts'
import { lookWords as say } from '#words/en/look.ts'
import { lookQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const longestLogo = 65_536
const firstColor = '#1f5fd1'

/** Logo, accent color and support contact: how the pages of the sign-in and the mails look to the people here. */
export function LookSettings() {
  const { organization } = useWho()
  const look = useQuery(lookQuery(organization.id))
  return (
    <Section id="look" title={say.title} what={say.what}>
      <Shown query={look} whom={words.company.forbidden(organization.name)} lines={6}>
        {(stored) => <LookForm stored={stored} />}
      </Shown>
    </Section>
  )
}

/** What is edited lies above what is stored: what nobody touched here follows what others store in the meantime. */
interface Draft {
  readonly accent?: string | null
  readonly contact?: string
  readonly logo?: string | null | undefined
}

function LookForm({ stored }: { readonly stored: Look }) {
  const { organization, may } = useWho()
  const { run, isBusy } = useChange()
  const [draft, setDraft] = useState<Draft>({})
  // What the person had in view when they began to edit.
  const [since, setSince] = useState<number>()
  const [elsewhere, setElsewhere] = useState<string>()
  const [wrong, setWrong] = useState<string>()
  const noteId = useId()
  const mayChange = may('change-policy')
  const { accent = stored.accent, contact = stored.supportContact ?? '', logo } = draft
  const edit = (part: Draft) => {
    setSince((before) => before ?? stored.version)
    setDraft((before) => ({ ...before, ...part }))
  }
  const setAccent = (chosen: string | null) => edit({ accent: chosen })
  const setLogo = (chosen: string | null | undefined) => edit({ logo: chosen })

  const choose = async (file: File | undefined) => {
    setWrong(undefined)
    setLogo(undefined)
    if (file === undefined) return
    if (file.size > longestLogo) return setWrong(say.logoTooLarge)
    const bytes = new Uint8Array(await file.arrayBuffer())
    setLogo(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')))
  }
  const update = async (event: FormEvent) => {
    event.preventDefault()
    if (wrong !== undefined) return
    setElsewhere(undefined)
    const body: LookChange = {
      version: since ?? stored.version,
      accent,
      supportContact: contact.trim() || null,
      ...(logo === undefined ? {} : { logo }),
    }
    const isDone = await run(
      { method: 'PUT', path: `/organizations/${organization.id}/look`, body, says: say.says, done: words.saved },
      {
        onProblem: ({ code, details }) => {
          if (code === 'invalid-logo') setWrong(say.logoWrong)
          if (code === 'moved-on') {
            setSince(undefined)
            setElsewhere(
              say.movedOn(
                details.changedBy ?? [],
                (details.changed ?? []).flatMap((field) => say.fields[field] ?? []),
              ),
            )
          }
          return code === 'invalid-logo' || code === 'moved-on'
        },
      },
    )
    if (!isDone) return
    setDraft({})
    setSince(undefined)
  }

  return (
    <form onSubmit={update} noValidate>
      <Stack gap="lg" mt="md">
        {!mayChange && <Alert color="gray">{words.company.readOnly(organization.name)}</Alert>}
        <div>
          <TextInput
            key={stored.logo}
            type="file"
            accept="image/png,image/jpeg,image/webp"
            label={say.logo}
            description={say.logoWhat}
            error={wrong}
            disabled={!mayChange}
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
          {stored.logo !== null && (
            <Group mt="sm" gap="md">
              <img className="logo" src={stored.logo} alt={say.logoNow} />
              <Checkbox
                label={say.logoAway}
                checked={logo === null}
                disabled={!mayChange}
                onChange={(event) => setLogo(event.currentTarget.checked ? null : undefined)}
              />
            </Group>
          )}
        </div>
        <div>
          <Checkbox
            label={say.accentOwn}
            checked={accent !== null}
            disabled={!mayChange}
            onChange={(event) => setAccent(event.currentTarget.checked ? (stored.accent ?? firstColor) : null)}
          />
          {accent !== null && (
            <TextInput
              type="color"
              mt="sm"
              maw={160}
              label={say.accent}
              value={accent}
              disabled={!mayChange}
              aria-describedby={noteId}
              onChange={(event) => setAccent(event.currentTarget.value)}
            />
          )}
          <div id={noteId} role="status">
            {accent !== null && accent === stored.accent && stored.shown && <ShownColors accent={accent} shown={stored.shown} />}
          </div>
        </div>
        <TextInput
          label={say.contact}
          description={say.contactWhat}
          value={contact}
          maxLength={200}
          disabled={!mayChange}
          onChange={(event) => edit({ contact: event.currentTarget.value })}
        />
        {elsewhere !== undefined && (
          <Alert color="yellow" role="alert" title={say.movedOnTitle}>
            {elsewhere}
          </Alert>
        )}
        {mayChange && (
          <Group>
            <Button type="submit" loading={isBusy}>
              {words.update}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

/** What becomes of the color, and that it was changed where it would be hard to read. */
function ShownColors({ accent, shown }: { readonly accent: string; readonly shown: NonNullable<Look['shown']> }) {
  const schemes = ['light', 'dark'] as const
  const changed = schemes.filter((scheme) => shown[scheme] !== accent)
  return (
    <Stack gap="xs" mt="sm">
      <Group gap="md">
        {schemes.map((scheme) => (
          <Group key={scheme} gap="xs">
            <svg width="24" height="24" aria-hidden="true" focusable="false">
              <rect width="24" height="24" rx="6" fill={shown[scheme]} />
            </svg>
            <Text size="sm">{say.shown(scheme, shown[scheme])}</Text>
          </Group>
        ))}
      </Group>
      {changed.length > 0 && (
        <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
          {say.adjusted(accent)}
        </Alert>
      )}
    </Stack>
  )
}
