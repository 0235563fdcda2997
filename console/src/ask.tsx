import { Button, Group, Modal } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { words } from '#words/en/console.ts'

interface AskProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly title: string
  /** The consequence, in words and figures. */
  readonly children: ReactNode
  /** What the button does, as it says. */
  readonly action: string
  readonly onAction: () => Promise<unknown>
}

/** Asks once, before something that is hard to take back. The safe button has the focus. */
export function Ask({ opened, onClose, title, children, action, onAction }: AskProps) {
  const [isBusy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    await onAction()
    setBusy(false)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      {children}
      <Group className="buttons" justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {words.cancel}
        </Button>
        <Button color="red" className="danger" loading={isBusy} onClick={act}>
          {action}
        </Button>
      </Group>
    </Modal>
  )
}
