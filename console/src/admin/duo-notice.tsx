import { Alert, Button, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconExternalLink, IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { DuoNotice } from '#contract/duo.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { duoNoticeQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = duoWords.notice

/** What the provider says at this place, for every administrator who looks; nothing while it says nothing. */
export function ShownDuoNotice() {
  const { organization } = useWho()
  const { data } = useQuery(duoNoticeQuery(organization.id))
  if (!data || data.text === '') return null
  return (
    <Alert color="gray" icon={<IconInfoCircle aria-hidden />} title={organization.kind === 'provider' ? say.ownRegion : say.region} mt="md">
      <Text size="sm" className="words paragraphs">
        {data.text}
      </Text>
      {data.url !== null && data.label !== null && (
        <Button
          component="a"
          href={data.url}
          target="_blank"
          rel="noreferrer"
          variant="default"
          mt="sm"
          rightSection={<IconExternalLink size={16} aria-hidden />}
          aria-label={`${data.label} ${duoWords.newTab}`}
        >
          {data.label}
        </Button>
      )}
    </Alert>
  )
}

/** The same as the provider writes it. */
export function DuoNoticeForm() {
  const { organization } = useWho()
  const found = useQuery(duoNoticeQuery(organization.id))
  return (
    <Section id="duo-notice" title={say.title} what={say.what}>
      <Shown query={found} lines={3}>
        {(stored) => <NoticeForm key={stored.version} stored={stored} />}
      </Shown>
    </Section>
  )
}

function NoticeForm({ stored }: { readonly stored: DuoNotice }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [version] = useState(stored.version)
  const [text, setText] = useState(stored.text)
  const [label, setLabel] = useState(stored.label ?? '')
  const [url, setUrl] = useState(stored.url ?? '')
  const [fault, setFault] = useState<string>()
  const wrong = (name: string) => (fault === name ? say.faults[name] : undefined)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFault(undefined)
    await run(
      {
        method: 'PUT',
        path: `/organizations/${organization.id}/duo/notice`,
        body: { text, label: label.trim() === '' ? null : label, url: url.trim() === '' ? null : url, version },
        says: say.says,
        done: say.saved,
      },
      {
        onProblem: ({ code, details: { reason } }) => {
          if (code === 'invalid-duo') setFault(reason)
          return code === 'invalid-duo'
        },
      },
    )
  }
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md" mt="md">
        <Textarea
          label={say.text}
          value={text}
          maxLength={500}
          autosize
          minRows={2}
          maxRows={8}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <TextInput
          label={say.label}
          error={wrong('notice.label')}
          value={label}
          maxLength={60}
          onChange={(event) => setLabel(event.currentTarget.value)}
          maw={360}
        />
        <TextInput
          label={say.url}
          description={say.urlWhat}
          error={wrong('notice.url')}
          value={url}
          maxLength={500}
          inputMode="url"
          autoComplete="off"
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" loading={isBusy}>
            {say.save}
          </Button>
        </div>
      </Stack>
    </form>
  )
}
