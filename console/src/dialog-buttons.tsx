import { Button, Group } from '@mantine/core'
import { words } from '#words/en/console.ts'

interface DialogButtonsProps {
  readonly onClose: () => void
  readonly isBusy: boolean
  /** What happens, on the button that sends the form. */
  readonly action: string
  readonly isDangerous?: boolean
}

/** The last line of a form in a dialog. */
export function DialogButtons({ onClose, isBusy, action, isDangerous = false }: DialogButtonsProps) {
  return (
    <Group className="buttons" justify="flex-end" mt="sm">
      <Button variant="default" onClick={onClose}>
        {words.cancel}
      </Button>
      <Button type="submit" loading={isBusy} {...(isDangerous ? { color: 'red', className: 'danger' } : {})}>
        {action}
      </Button>
    </Group>
  )
}
