import { Alert, Anchor, Button, Group, List, Modal, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useMemo, useState } from 'react'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { type Choice, type Intent, twoFactorQuery } from '../api.ts'
import { useChange, useStart } from '../changes.tsx'
import { apps } from './apps.ts'

type Which = 'enable' | 'disable' | 'reset'

interface Dialogs {
  /** @param method the one to set up; without one what is offered first */
  readonly enable: (method?: string) => void
  readonly disable: () => void
  readonly reset: () => void
}

const DialogsContext = createContext<Dialogs | undefined>(undefined)

/** Opens the dialogs about one's own second factor, from the account menu as from the card. */
export function useTwoFactorDialogs(): Dialogs {
  const dialogs = use(DialogsContext)
  if (!dialogs) throw new Error('useTwoFactorDialogs needs TwoFactorDialogs above')
  return dialogs
}

export function TwoFactorDialogs({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<Which>()
  const [method, setMethod] = useState<string>()
  const dialogs = useMemo(
    () => ({
      enable: (wanted?: string) => {
        setMethod(wanted)
        setOpen('enable')
      },
      disable: () => setOpen('disable'),
      reset: () => setOpen('reset'),
    }),
    [],
  )
  const close = () => setOpen(undefined)
  return (
    <DialogsContext value={dialogs}>
      {children}
      <EnableDialog opened={open === 'enable'} onClose={close} method={method} />
      <DisableDialog opened={open === 'disable'} onClose={close} onReset={dialogs.reset} />
      <ResetDialog opened={open === 'reset'} onClose={close} />
    </DialogsContext>
  )
}

interface DialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

function EnableDialog({ opened, onClose, method }: DialogProps & { readonly method: string | undefined }) {
  const { data } = useQuery(twoFactorQuery)
  const wanted = method ?? data?.methods[0] ?? 'totp'
  const others = data?.methodSetBy === null ? data.methods.filter((kind) => kind !== wanted) : []
  const { isBusy, go } = useGo('enroll', { method: wanted })
  const say = words.settings.enableDialog
  const recommended = data?.recommendedApp ?? ''
  return (
    <Modal opened={opened} onClose={onClose} title={say.title}>
      {wanted === 'totp' ? <AppSteps recommended={recommended} /> : <Text>{methodWords.own.sentIntro([wanted])}</Text>}
      {others.length > 0 && (
        <Text size="sm" c="dimmed" mt="md">
          {methodWords.own.others(others)}
        </Text>
      )}
      <Group className="buttons" justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button loading={isBusy} onClick={go} data-autofocus>
          {words.continue}
        </Button>
      </Group>
    </Modal>
  )
}

/** How an app is set up, from getting it to keeping the backup codes. */
function AppSteps({ recommended }: { readonly recommended: string }) {
  const say = words.settings.enableDialog
  return (
    <>
      <Text c="dimmed">{say.intro}</Text>
      <List type="ordered" spacing="md" mt="md" className="steps">
        <List.Item>
          <Text fw={600}>{say.get}</Text>
          <Text size="sm">{say.getWhat(recommended)}</Text>
          <Stack gap={0} mt={4}>
            {apps.map((app) => (
              <Group key={app.name} gap="md" className="app">
                <Text size="sm" flex={1}>
                  {app.name}
                  {app.name === recommended && (
                    <Text span c="dimmed" size="sm">
                      {` (${say.recommended})`}
                    </Text>
                  )}
                </Text>
                <Anchor
                  size="sm"
                  href={app.appStore}
                  target="_blank"
                  rel="noreferrer"
                  aria-label={`${app.name}: ${say.appStore}`}
                  className="target"
                >
                  {say.appStore}
                </Anchor>
                <Anchor
                  size="sm"
                  href={app.playStore}
                  target="_blank"
                  rel="noreferrer"
                  aria-label={`${app.name}: ${say.playStore}`}
                  className="target"
                >
                  {say.playStore}
                </Anchor>
              </Group>
            ))}
          </Stack>
        </List.Item>
        {(['scan', 'type', 'keep'] as const).map((step) => (
          <List.Item key={step}>
            <Text fw={600}>{say[step]}</Text>
            <Text size="sm">{say[`${step}What`]}</Text>
          </List.Item>
        ))}
      </List>
    </>
  )
}

function DisableDialog({ opened, onClose, onReset }: DialogProps & { readonly onReset: () => void }) {
  const { isBusy, go } = useGo('disable')
  const say = words.settings.disableDialog
  return (
    <Modal opened={opened} onClose={onClose} title={say.title}>
      <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title={say.advice}>
        {say.what}
      </Alert>
      <Text mt="md">
        {say.alternative}{' '}
        <Anchor component="button" type="button" onClick={onReset} underline="always">
          {words.settings.resetDialog.title}
        </Anchor>
      </Text>
      <Text mt="md" c="dimmed">
        {say.how}
      </Text>
      <Group className="buttons" justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {words.cancel}
        </Button>
        <Button color="red" className="danger" loading={isBusy} onClick={go}>
          {words.continue}
        </Button>
      </Group>
    </Modal>
  )
}

function ResetDialog({ opened, onClose }: DialogProps) {
  const { run, isBusy } = useChange()
  const say = words.settings.resetDialog
  const reset = async (then?: Intent) => {
    const change = { method: 'POST', path: '/me/two-factor/reset', done: say.done } as const
    await run(then ? { ...change, then, says: say.saysAgain } : { ...change, says: say.says })
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={say.title}>
      <Text>{say.what}</Text>
      <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} mt="md">
        {say.warning}
      </Alert>
      <Text mt="md" c="dimmed">
        {say.mail}
      </Text>
      <Group className="buttons" justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button variant="outline" color="red" disabled={isBusy} onClick={() => reset()}>
          {say.action}
        </Button>
        <Button loading={isBusy} onClick={() => reset('enroll')} data-autofocus>
          {say.again}
        </Button>
      </Group>
    </Modal>
  )
}

function useGo(intent: Intent, choice?: Choice): { readonly isBusy: boolean; readonly go: () => Promise<void> } {
  const start = useStart()
  const [isBusy, setBusy] = useState(false)
  const go = async () => {
    setBusy(true)
    await start(intent, choice ? { choice } : {})
    setBusy(false)
  }
  return { isBusy, go }
}
