import { Button, Group, List, Modal, Text, TextInput } from '@mantine/core'
import { IconDeviceMobile, IconFingerprint, IconKey, IconMail, IconMessage, IconPhone } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import type { TwoFactor } from '#contract/account.ts'
import { words } from '#words/en/console.ts'
import { methodName, methodWords } from '#words/en/methods.ts'
import { Ask } from '../ask.tsx'
import { useChange, useStart } from '../changes.tsx'
import { DialogButtons } from '../dialog-buttons.tsx'
import { when } from '../when.ts'
import { useTwoFactorDialogs } from './two-factor-dialogs.tsx'

type App = TwoFactor['authenticators'][number]

const icons: Readonly<Record<string, typeof IconMail | undefined>> = {
  passkey: IconFingerprint,
  email: IconMail,
  sms: IconMessage,
  voice: IconPhone,
}

const fewCodes = 3
const mostApps = 5

/** The apps and the backup codes of somebody who has set them up. */
export function Authenticators({ twoFactor }: { readonly twoFactor: TwoFactor }) {
  const dialogs = useTwoFactorDialogs()
  const start = useStart()
  const { run } = useChange()
  const [renaming, setRenaming] = useState<App>()
  const [removing, setRemoving] = useState<App>()
  const say = words.settings.twoFactor
  const left = twoFactor.backupCodesLeft
  const hasApp = twoFactor.authenticators.some(({ kind }) => kind === 'totp')
  const hasPasskey = twoFactor.authenticators.some(({ kind }) => kind === 'passkey')
  const isOnly = twoFactor.authenticators.length === 1
  return (
    <div>
      <Group justify="space-between" gap="md">
        <Text fw={600} size="sm">
          {say.authenticators}
        </Text>
        <Group gap="xs">
          {twoFactor.methods.includes('passkey') && twoFactor.authenticators.length < mostApps && (
            <Button variant="default" onClick={() => start('enroll', { choice: { method: 'passkey' } })}>
              {hasPasskey ? say.addPasskeyToo : say.addPasskey}
            </Button>
          )}
          {hasApp && twoFactor.methods.includes('totp') && twoFactor.authenticators.length < mostApps && (
            <Button variant="default" onClick={() => start('enroll', { choice: { method: 'totp' } })}>
              {say.add}
            </Button>
          )}
          {hasApp && !twoFactor.onlyPasskeys && (
            <Button variant="default" onClick={dialogs.reset}>
              {say.reset}
            </Button>
          )}
        </Group>
      </Group>
      <List listStyleType="none" className="rows">
        {twoFactor.authenticators.map((one) => (
          <List.Item key={one.id}>
            <Group justify="space-between" gap="md">
              <Group wrap="nowrap" gap="md" miw={0} flex="1 1 240px">
                <Sign kind={one.kind} />
                <div className="words">
                  <Text fw={600}>
                    <bdi>{one.label}</bdi>
                  </Text>
                  <Text size="sm" c="dimmed">
                    {one.kind === 'totp' ? '' : `${methodName(one.kind)}${one.to === null ? '' : ` ${methodWords.own.to(one.to)}`} · `}
                    {say.bound(when(one.boundAt))}
                    {` · ${one.lastUsedAt === null ? say.neverUsed : say.used(when(one.lastUsedAt))}`}
                  </Text>
                </div>
              </Group>
              <Group gap="xs">
                <Button variant="default" aria-label={say.renameOf(one.label)} onClick={() => setRenaming(one)}>
                  {say.rename}
                </Button>
                {!isOnly && (
                  <Button variant="default" aria-label={say.removeOf(one.label)} onClick={() => setRemoving(one)}>
                    {say.remove}
                  </Button>
                )}
              </Group>
            </Group>
          </List.Item>
        ))}
        {left !== null && !twoFactor.onlyPasskeys && (
          <List.Item>
            <Group justify="space-between" gap="md">
              <Group wrap="nowrap" gap="md" miw={0}>
                <IconKey size={22} aria-hidden className="sign" />
                <div className="words">
                  <Text fw={600}>{say.backupCodes(left)}</Text>
                  <Text size="sm" c="dimmed">
                    {left <= fewCodes ? say.backupCodesFew : say.backupCodesWhat}
                  </Text>
                </div>
              </Group>
              <Button variant="default" onClick={() => start('backup-codes')}>
                {say.newBackupCodes}
              </Button>
            </Group>
          </List.Item>
        )}
      </List>
      {renaming && <RenameDialog key={renaming.id} app={renaming} onClose={() => setRenaming(undefined)} />}
      <Ask
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={say.removeOf(removing?.label ?? '')}
        action={say.remove}
        onAction={async () =>
          removing &&
          run({
            method: 'DELETE',
            path: `/me/authenticators/${removing.id}`,
            says: say.removeOf(removing.label),
            done: say.removed(removing.label),
          })
        }
      >
        {removing?.kind === 'passkey' ? say.removeWhatPasskey(removing.label) : say.removeWhat(removing?.label ?? '')}
      </Ask>
    </div>
  )
}

function Sign({ kind }: { readonly kind: string }) {
  const Icon = icons[kind] ?? IconDeviceMobile
  return <Icon size={22} aria-hidden className="sign" />
}

function RenameDialog({ app, onClose }: { readonly app: App; readonly onClose: () => void }) {
  const { run, isBusy } = useChange()
  const [label, setLabel] = useState(app.label)
  const [isMissing, setMissing] = useState(false)
  const say = words.settings.twoFactor
  const rename = async (event: FormEvent) => {
    event.preventDefault()
    const text = label.trim()
    if (text === '') return setMissing(true)
    await run({
      method: 'PATCH',
      path: `/me/authenticators/${app.id}`,
      body: { label: text },
      says: say.renameSays(app.label, text),
      done: say.renamed(text),
    })
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={say.renameOf(app.label)}>
      <form onSubmit={rename}>
        <TextInput
          label={say.label}
          description={say.labelWhat}
          dir="auto"
          value={label}
          maxLength={60}
          error={isMissing && say.labelMissing}
          onChange={(event) => setLabel(event.currentTarget.value)}
          data-autofocus
        />
        <DialogButtons onClose={onClose} isBusy={isBusy} action={say.rename} />
      </form>
    </Modal>
  )
}
