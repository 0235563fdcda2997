import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Profile, ProfileChange } from '#contract/profile.ts'
import { words } from '#words/en/console.ts'
import { profileQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { PhoneField, phoneOf, typedPhone } from '../phone-field.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { EmailPart } from './email-part.tsx'

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
            <PhoneForm key={known.phone?.number ?? ''} profile={known} />
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

function PhoneForm({ profile }: { readonly profile: Profile }) {
  const { run, isBusy } = useChange()
  const [typed, setTyped] = useState(() => typedPhone(profile.phone?.number))
  const [wrong, setWrong] = useState<string>()
  const put = (phone: string | null) =>
    run(
      { method: 'PUT', path: '/me/phone', body: { phone }, says: phone ? say.phoneSays(phone) : say.phoneRemoveSays, done: words.saved },
      {
        onProblem: ({ code }) => {
          if (code !== 'invalid-phone') return false
          setWrong(words.phone.invalid)
          return true
        },
      },
    )
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const phone = phoneOf(typed)
    setWrong(phone === undefined ? words.phone.invalid : undefined)
    if (phone !== undefined) await put(phone)
  }
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md">
        <PhoneField value={typed} onChange={setTyped} error={wrong} />
        <Text size="sm" c="dimmed">
          {profile.phone === null
            ? say.phoneWhat
            : profile.phone.isVerified
              ? say.phoneVerified
              : say.phoneUnverified(profile.phone.number)}
        </Text>
        <Group gap="md">
          <Button type="submit" variant="default" loading={isBusy}>
            {words.save}
          </Button>
          {profile.phone !== null && (
            <Button variant="default" disabled={isBusy} onClick={() => put(null)}>
              {say.phoneRemove}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
