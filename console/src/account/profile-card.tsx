import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Profile, ProfileChange } from '#contract/profile.ts'
import { words } from '#words/en/console.ts'
import { profileQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { EmailPart } from './email-part.tsx'
import { PhonePart } from './phone-part.tsx'

const say = words.settings.profile

export function ProfileCard() {
  const profile = useQuery(profileQuery)
  const { session } = useWho()
  return (
    <Section id="profile" title={say.title} what={say.what}>
      <Shown query={profile}>
        {(known) => (
          <Stack gap="xl" mt="md">
            <NameForm key={`${known.name} ${known.language}`} profile={known} />
            <EmailPart profile={known} />
            <PhonePart key={known.phone?.number ?? ''} profile={known} />
            <dl className="facts">
              <dt>{say.roles}</dt>
              {session.memberships.map((one) => (
                <dd key={one.organizationId}>{say.role(words.roles[one.role], one.organizationName)}</dd>
              ))}
            </dl>
          </Stack>
        )}
      </Shown>
    </Section>
  )
}

function NameForm({ profile }: { readonly profile: Profile }) {
  const { run, isBusy } = useChange()
  const [name, setName] = useState(profile.name)
  const [language, setLanguage] = useState(profile.language ?? '')
  const [wrong, setWrong] = useState<string>()
  const update = async (event: FormEvent) => {
    event.preventDefault()
    const isMissing = name.trim() === ''
    setWrong(isMissing ? say.nameMissing : undefined)
    if (isMissing) return
    const body: ProfileChange = { name, language: language === '' ? null : language }
    await run({ method: 'PATCH', path: '/me/profile', body, says: say.says, done: words.saved })
  }
  return (
    <form onSubmit={update} noValidate>
      <Stack gap="md">
        <TextInput
          label={say.name}
          dir="auto"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrong}
          maxLength={120}
          autoComplete="name"
          required
        />
        <NativeSelect
          label={say.language}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value)}
          data={[{ value: '', label: say.asTheBrowser }, ...profile.languages.map((one) => ({ value: one.tag, label: one.name }))]}
        />
        <Group>
          <Button type="submit" loading={isBusy}>
            {words.update}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
