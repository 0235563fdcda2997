import { Button, Group, List, Modal, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { words } from '#words/en/console.ts'
import { duoDoctorWords as say } from '#words/en/duo-doctor.ts'
import type { PersonLine } from './duo-doctor-run.ts'

interface AddAliasesProps {
  readonly missing: readonly PersonLine[]
  /** Nothing is added while people would be merged or the applications differ; the page says so above. */
  readonly isRefused: boolean
  readonly onAdd: (people: readonly string[]) => Promise<boolean>
}

const shown = 50

/** "Add 12 missing aliases": first who would get which, then the click. */
export function AddAliases({ missing, isRefused, onAdd }: AddAliasesProps) {
  const [isOpen, open] = useDisclosure(false)
  const count = missing.length
  const add = () => {
    open.close()
    return onAdd(missing.map(({ person }) => person.id))
  }
  return (
    <>
      <Button onClick={open.open} disabled={isRefused}>
        {say.add(count)}
      </Button>
      <Modal opened={isOpen} onClose={open.close} title={say.addTitle(count)}>
        <Text>{say.addWhat}</Text>
        <List spacing={4} mt="md" size="sm" className="words" aria-label={say.columns.inDuo}>
          {missing.slice(0, shown).map(({ person, users = [] }) => (
            <List.Item key={person.id}>{say.gets(users[0] ?? '', person.email)}</List.Item>
          ))}
          {count > shown && <List.Item>{say.morePeople(count - shown)}</List.Item>}
        </List>
        <Group className="buttons" justify="flex-end" mt="lg">
          <Button variant="default" onClick={open.close} data-autofocus>
            {words.cancel}
          </Button>
          <Button onClick={add}>{say.addAction(count)}</Button>
        </Group>
      </Modal>
    </>
  )
}
