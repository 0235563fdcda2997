import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Profile } from '#contract/profile.ts'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { twoFactorQuery } from '../api.ts'
import { useChange, useStart } from '../changes.tsx'
import { PhoneField, phoneOf, typedPhone } from '../phone-field.tsx'

const say = words.settings.profile
const own = methodWords.own
const ofPhones = ['sms', 'voice'] as const
const returnTo = '/settings#profile'

/**
 * One's number. Where codes may go to it, it is proved on the pages of the sign-in, the only place where a code is sent; a number that
 * codes go to already is replaced there, too, once the new one is proved. Elsewhere it is kept, and not verified.
 */
export function PhonePart({ profile }: { readonly profile: Profile }) {
  const { run, isBusy } = useChange()
  const start = useStart()
  const { data: twoFactor } = useQuery(twoFactorQuery)
  const [typed, setTyped] = useState(() => typedPhone(profile.phone?.number))
  const [wrong, setWrong] = useState<string>()
  const [asked, setAsked] = useState<{ readonly phone: string | null }>()
  const method = ofPhones.find((kind) => twoFactor?.methods.includes(kind))
  const isInUse = twoFactor?.authenticators.some(({ kind }) => kind === 'sms' || kind === 'voice') === true
  const put = async (phone: string | null) => {
    await run(
      { method: 'PUT', path: '/me/phone', body: { phone }, says: phone ? say.phoneSays(phone) : say.phoneRemoveSays, done: words.saved },
      {
        onProblem: ({ code }) => {
          if (code !== 'invalid-phone') return false
          setWrong(words.phone.invalid)
          return true
        },
      },
    )
    setAsked(undefined)
  }
  const prove = (phone: string) => (method === undefined ? undefined : start('enroll', { returnTo, choice: { method, phone } }))
  const change = async (phone: string | null) => (isInUse && phone !== profile.phone?.number ? setAsked({ phone }) : put(phone))
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const phone = phoneOf(typed)
    setWrong(phone === undefined ? words.phone.invalid : undefined)
    if (phone !== undefined) await change(phone)
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
          {profile.phone !== null && !profile.phone.isVerified && method !== undefined && (
            <Button variant="default" disabled={isBusy} onClick={() => profile.phone && prove(profile.phone.number)}>
              {own.phoneVerify}
            </Button>
          )}
          {profile.phone !== null && (
            <Button variant="default" disabled={isBusy} onClick={() => change(null)}>
              {say.phoneRemove}
            </Button>
          )}
        </Group>
        {profile.phone !== null && !profile.phone.isVerified && method !== undefined && (
          <Text size="sm" c="dimmed">
            {own.phoneVerifyWhat}
          </Text>
        )}
      </Stack>
      <Modal
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={asked?.phone === null ? own.phoneRemoveTitle : own.phoneChangeTitle}
      >
        <Text>{asked?.phone === null ? own.phoneRemoveWhat : own.phoneChangeWhat}</Text>
        <Group className="buttons" justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setAsked(undefined)} data-autofocus>
            {words.cancel}
          </Button>
          {asked?.phone === null || method === undefined ? (
            <Button color="red" className="danger" loading={isBusy} onClick={() => asked && put(asked.phone)}>
              {asked?.phone === null ? own.phoneRemoveAction : own.phoneChangeAction}
            </Button>
          ) : (
            <Button loading={isBusy} onClick={() => asked?.phone && prove(asked.phone)}>
              {own.phoneProve}
            </Button>
          )}
        </Group>
      </Modal>
    </form>
  )
}
