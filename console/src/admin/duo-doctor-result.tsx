import { Alert, Badge, Button, Group, List, NativeSelect, Progress, Stack, Table, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconDownload, IconHelpCircle, IconUserOff } from '@tabler/icons-react'
import { useState } from 'react'
import type { DuoCureName, DuoFindingName } from '#contract/duo-doctor.ts'
import { duoDoctorCsv, duoDoctorWords as say } from '#words/en/duo-doctor.ts'
import { Section } from '../page.tsx'
import { AddAliases } from './duo-doctor-aliases.tsx'
import type { Course, MergeLine, PersonLine } from './duo-doctor-run.ts'

interface DoctorResultProps {
  readonly course: Course
  /** The run that adds aliases, once there is one. */
  readonly adding: Course | undefined
  readonly isPromptTold: boolean
  readonly mayAdd: boolean
  readonly onAdd: (people: readonly string[]) => Promise<boolean>
  readonly onStopAdding: () => void
}

/** What the key doctor has found so far, with the cure for what it can cure. */
export function DoctorResult({ course, adding, isPromptTold, mayAdd, onAdd, onStopAdding }: DoctorResultProps) {
  const { state, people, read, persons, merges } = course
  const known = persons.filter(({ finding }) => finding === 'known').length
  const missing = persons.filter(({ finding, person }) => finding === 'alias-missing' && !isCured(adding?.cures.get(person.id)))
  const summary =
    state === 'done'
      ? known === people
        ? say.allKnown(people)
        : say.someMissing(known, people)
      : state === 'stopped'
        ? say.stopped(persons.length, people)
        : undefined
  return (
    <Section id="result" title={state === 'running' ? say.running : say.result}>
      <Stack gap="lg" mt="md">
        {state === 'running' && (
          // Not told step by step to who listens: the end of it is.
          <div>
            <Progress
              value={people === 0 ? 0 : (persons.length / people) * 100}
              aria-label={say.running}
              size="lg"
              transitionDuration={0}
            />
            <Text size="sm" c="dimmed" mt={4}>
              {read > 0 && persons.length === 0 ? say.reading(read) : say.progress(persons.length, people)}
            </Text>
          </div>
        )}
        <div role="status">
          {summary !== undefined && <Text>{summary}</Text>}
          {state === 'ended' && <Ended course={course} title={say.ended} what={say.endedWhat(persons.length, people)} />}
        </div>
        <Merges merges={merges} isPromptTold={isPromptTold} />
        {adding && <Added course={adding} onStop={onStopAdding} />}
        {persons.length > 0 && (
          <>
            {state !== 'running' && (
              <Group gap="sm">
                {state === 'done' && mayAdd && missing.length > 0 && (
                  <AddAliases missing={missing} isRefused={merges.length > 0 || course.names?.isAgreed === false} onAdd={onAdd} />
                )}
                <Button
                  variant="default"
                  leftSection={<IconDownload size={18} aria-hidden />}
                  onClick={() => download(duoDoctorCsv(persons, merges, adding?.cures ?? new Map()))}
                >
                  {say.download}
                </Button>
              </Group>
            )}
            <Findings persons={persons} cures={adding?.cures} />
          </>
        )}
      </Stack>
    </Section>
  )
}

function Ended({ course, title, what }: { readonly course: Course; readonly title: string; readonly what?: string }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={title}>
      <Text size="sm">{say.trouble(course.reason ?? '')}</Text>
      {course.said !== undefined && (
        <Text size="sm" mt={4} className="words">
          {say.said(course.said)}
        </Text>
      )}
      {what !== undefined && (
        <Text size="sm" mt={4}>
          {what}
        </Text>
      )}
    </Alert>
  )
}

/** How far adding aliases is, and what came of it; whom each line is about stands in the table. */
function Added({ course, onStop }: { readonly course: Course; readonly onStop: () => void }) {
  const { state, people, cures } = course
  const added = [...cures.values()].filter(isCured).length
  return (
    <div>
      {state === 'running' && (
        <>
          <Progress value={people === 0 ? 0 : (cures.size / people) * 100} aria-label={say.adding} size="lg" transitionDuration={0} />
          <Group justify="space-between" mt={4}>
            <Text size="sm" c="dimmed">
              {`${say.adding}: ${say.progress(cures.size, people)}`}
            </Text>
            <Button variant="default" onClick={onStop}>
              {say.stop}
            </Button>
          </Group>
        </>
      )}
      <div role="status">
        {(state === 'done' || state === 'stopped') && (
          <Alert
            color={added === people ? 'green' : 'orange'}
            icon={added === people ? <IconCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
          >
            {say.added(added, people)}
          </Alert>
        )}
        {state === 'ended' && <Ended course={course} title={say.endedAdding} what={say.added(added, people)} />}
      </div>
    </div>
  )
}

const isCured = (cure: DuoCureName | undefined) => cure === 'added' || cure === 'there-already'

const shownMerges = 20

function Merges({ merges, isPromptTold }: { readonly merges: readonly MergeLine[]; readonly isPromptTold: boolean }) {
  if (merges.length === 0) return null
  return (
    <Alert color="red" icon={<IconUserOff aria-hidden />} title={say.merges(merges.length)}>
      <Text size="sm">{say.mergesWhat}</Text>
      {!isPromptTold && (
        <Text size="sm" mt={4}>
          {say.mergesUnlooked}
        </Text>
      )}
      <List spacing="xs" mt="sm" size="sm" className="words">
        {merges.slice(0, shownMerges).map(({ people, others, because }) => (
          <List.Item key={JSON.stringify(because)}>
            {people.map(({ id, name, email }, nth) => (
              <span key={id}>
                {nth > 0 && ', '}
                <bdi>{name}</bdi> ({email})
              </span>
            ))}
            {others > 0 && `, ${say.others(others)}`}. {say.because(because)}
          </List.Item>
        ))}
        {merges.length > shownMerges && <List.Item>{say.moreMerges(merges.length - shownMerges)}</List.Item>}
      </List>
    </Alert>
  )
}

const looks = {
  known: { color: 'green', Icon: IconCheck },
  'alias-missing': { color: 'orange', Icon: IconAlertTriangle },
  'no-room': { color: 'red', Icon: IconAlertTriangle },
  ambiguous: { color: 'red', Icon: IconHelpCircle },
  unknown: { color: 'gray', Icon: IconUserOff },
  'not-enrolled': { color: 'gray', Icon: IconUserOff },
  unsure: { color: 'gray', Icon: IconHelpCircle },
} satisfies Record<DuoFindingName, unknown>
const findingNames = Object.keys(looks) as DuoFindingName[]

const pageSize = 50

function Findings({ persons, cures }: { readonly persons: readonly PersonLine[]; readonly cures: Course['cures'] | undefined }) {
  const [wanted, setWanted] = useState('')
  const [most, setMost] = useState(pageSize)
  const counts = new Map<string, number>()
  for (const { finding } of persons) counts.set(finding, (counts.get(finding) ?? 0) + 1)
  const matching = wanted === '' ? persons : persons.filter(({ finding }) => finding === wanted)
  const shown = matching.slice(0, most)
  const hasUsers = persons.some(({ users = [] }) => users.length > 0)
  const { inDuo: _users, ...columns } = say.columns
  const headings = hasUsers ? Object.values(say.columns) : Object.values(columns)
  const options = findingNames.filter((name) => counts.has(name) || name === wanted)
  return (
    <div>
      <Group gap="sm" mb="sm">
        <NativeSelect
          aria-label={say.filter}
          value={wanted}
          onChange={({ currentTarget: { value } }) => {
            setWanted(value)
            setMost(pageSize)
          }}
          data={[
            { value: '', label: say.all(persons.length) },
            ...options.map((name) => ({ value: name, label: say.counted(name, counts.get(name) ?? 0) })),
          ]}
          className="filter"
        />
        <Text size="sm" c="dimmed" role="status">
          {shown.length === 0 ? say.noMatch : say.shown(shown.length, matching.length)}
        </Text>
      </Group>
      {shown.length > 0 && (
        <Table role="table" className="cards doctor" verticalSpacing="xs" horizontalSpacing="md">
          <Table.Thead role="rowgroup">
            <Table.Tr role="row">
              {headings.map((heading) => (
                <Table.Th key={heading} role="columnheader" scope="col">
                  {heading}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody role="rowgroup">
            {shown.map((line) => (
              <FindingRow key={line.person.id} line={line} cure={cures?.get(line.person.id)} hasUsers={hasUsers} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {matching.length > most && (
        <Group justify="center" mt="md">
          <Button variant="default" onClick={() => setMost(most + 200)}>
            {say.more}
          </Button>
        </Group>
      )}
    </div>
  )
}

interface FindingRowProps {
  readonly line: PersonLine
  readonly cure: DuoCureName | undefined
  readonly hasUsers: boolean
}

function FindingRow({ line: { person, finding, users = [] }, cure, hasUsers }: FindingRowProps) {
  const told = isCured(cure) ? 'known' : finding
  const { color, Icon } = looks[told]
  return (
    <Table.Tr role="row">
      <Table.Td role="cell" className="name">
        <bdi>{person.name}</bdi>
      </Table.Td>
      <Table.Td role="cell" className="email">
        {person.email}
      </Table.Td>
      <Table.Td role="cell" className="finding">
        <Badge variant="light" color={color} radius={6} size="lg" className="state" leftSection={<Icon size={15} aria-hidden />}>
          {say.findings[told].name}
        </Badge>
      </Table.Td>
      {hasUsers && (
        <Table.Td role="cell" className="in-duo">
          {users.join(', ')}
        </Table.Td>
      )}
      <Table.Td role="cell" className="next">
        {cure === undefined ? say.findings[finding].what : <Text fw={600} size="sm">{`${say.cures[cure]}.`}</Text>}
      </Table.Td>
    </Table.Tr>
  )
}

function download(csv: string): void {
  const address = URL.createObjectURL(new Blob([csv], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = 'duo-key-doctor.csv'
  link.click()
  URL.revokeObjectURL(address)
}
