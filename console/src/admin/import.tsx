import { Alert, Anchor, Button, FileButton, Group, Stack, Table, Text, Textarea } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ImportReport } from '#contract/people.ts'
import { words } from '#words/en/console.ts'
import { peopleWords } from '#words/en/people.ts'
import { make, Problem } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Page, Section } from '../page.tsx'
import { Forbidden } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = peopleWords.import
const maxBytes = 1_000_000
const shownLines = 200

export function ImportUsers() {
  const { organization, may } = useWho()
  const path = [
    words.frame.admin,
    <Anchor key="users" component={Link} to="/users" inherit>
      {words.users.title}
    </Anchor>,
    say.title,
  ]
  return (
    <Page title={say.title} path={path} isNarrow>
      {may('import-users') ? <ImportForm /> : <Forbidden whom={say.forbidden(organization.name)} />}
    </Page>
  )
}

/** The file, then what would happen to each line, then the import. What was checked is what is sent. */
function ImportForm() {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const navigate = useNavigate()
  const [csv, setCsv] = useState('')
  const [from, setFrom] = useState<string>()
  const [wrong, setWrong] = useState<string>()
  const [report, setReport] = useState<ImportReport>()
  const [isChecking, setChecking] = useState(false)
  const path = `/organizations/${organization.id}/users/import`

  const take = (text: string, file?: string) => {
    setCsv(text)
    setFrom(file)
    setWrong(undefined)
    setReport(undefined)
  }
  const read = async (file: File | null) => {
    if (file === null) return
    take('')
    if (file.size > maxBytes) return setWrong(say.tooLarge)
    try {
      take(new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()), file.name)
    } catch {
      setWrong(say.notText)
    }
  }
  const check = async () => {
    setChecking(true)
    setWrong(undefined)
    try {
      setReport((await make({ method: 'POST', path, body: { csv, isTrial: true } })) as ImportReport)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      const { reason = '', line } = problem.details
      const sentence = say.reasons[reason] ?? problem.message
      setWrong(line !== undefined ? `${say.atLine(line)}: ${sentence}` : sentence)
    }
    setChecking(false)
  }
  const invite = async ({ invited }: ImportReport) => {
    const isDone = await run({
      method: 'POST',
      path,
      body: { csv, isTrial: false },
      says: say.says(invited),
      done: say.done(invited),
    })
    if (isDone) await navigate({ to: '/users', search: { status: 'invited' } })
  }

  return (
    <Stack gap="lg">
      <Section id="file" title={say.title} what={say.what}>
        <Stack gap="md" mt="md">
          <Text size="sm">{say.format}</Text>
          <Group gap="sm">
            <FileButton onChange={read} accept=".csv,.txt,text/csv,text/plain" inputProps={{ 'aria-label': say.file }}>
              {(props) => (
                <Button variant="default" {...props}>
                  {say.file}
                </Button>
              )}
            </FileButton>
            {from !== undefined && (
              <Text size="sm" c="dimmed" className="words">
                {say.read(from)}
              </Text>
            )}
          </Group>
          <Textarea
            label={say.paste}
            placeholder={say.example}
            value={csv}
            onChange={(event) => take(event.currentTarget.value)}
            rows={8}
            spellCheck={false}
            autoComplete="off"
            classNames={{ input: 'lines' }}
          />
          <div role="alert">{wrong !== undefined && <Alert color="red">{wrong}</Alert>}</div>
          <Group>
            <Button onClick={check} loading={isChecking} disabled={csv.trim() === ''} variant={report ? 'default' : 'filled'}>
              {say.check}
            </Button>
          </Group>
        </Stack>
      </Section>
      {report && <Report report={report} isBusy={isBusy} onInvite={() => invite(report)} />}
    </Stack>
  )
}

interface ReportProps {
  readonly report: ImportReport
  readonly isBusy: boolean
  readonly onInvite: () => void
}

/** What would happen, the lines with something wrong first. */
function Report({ report, isBusy, onInvite }: ReportProps) {
  const ordered = [...report.lines.filter(({ problem }) => problem !== null), ...report.lines.filter(({ problem }) => problem === null)]
  const shown = ordered.slice(0, shownLines)
  return (
    <Section
      id="result"
      title={say.result}
      what={<span role="status">{say.counts(report.invited, report.lines.length - report.invited)}</span>}
    >
      <Table role="table" className="cards import" verticalSpacing={4} mt="md">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {[say.line, words.users.name, words.users.email, words.users.role, say.outcome].map((head) => (
              <Table.Th key={head} role="columnheader" scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {shown.map(({ line, name, email, role, problem }) => (
            <Table.Tr key={line} role="row">
              <Table.Td role="cell">{line}</Table.Td>
              <Table.Td role="cell">
                <bdi>{name}</bdi>
              </Table.Td>
              <Table.Td role="cell">{email}</Table.Td>
              <Table.Td role="cell">{words.roles[role]}</Table.Td>
              <Table.Td role="cell" c={problem === null ? 'green' : 'red'}>
                {problem === null ? say.invites : say.problems[problem]}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {ordered.length > shown.length && (
        <Text size="sm" c="dimmed" mt="xs">
          {say.moreLines(ordered.length - shown.length)}
        </Text>
      )}
      <Group mt="lg">
        {report.invited === 0 ? (
          <Text>{say.nobody}</Text>
        ) : (
          <Button onClick={onInvite} loading={isBusy}>
            {say.action(report.invited)}
          </Button>
        )}
      </Group>
    </Section>
  )
}
