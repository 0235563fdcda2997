import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { HelpPage } from '#contract/help.ts'
import { words } from '#words/en/console.ts'
import { helpQuery } from '../api.ts'
import { useChange } from '../changes.tsx'
import { Contact } from '../contact.tsx'
import { Section } from '../page.tsx'

const say = words.helpFoot

/** What stands below each page of the help: whom to ask, and whether the page was useful. */
export function HelpFoot({ page }: { readonly page: HelpPage }) {
  const { data } = useQuery(helpQuery)
  return (
    <>
      <Section id="support" title={say.support} what={say.supportWhat}>
        <Text mt="md" className="words">
          {data && (data.supportContact === null ? say.noSupport : <Contact contact={data.supportContact} />)}
        </Text>
      </Section>
      <Useful page={page} />
    </>
  )
}

function Useful({ page }: { readonly page: HelpPage }) {
  const { data } = useQuery(helpQuery)
  const { run, isBusy } = useChange()
  const key = `countersign.voted.${page}`
  const [hasVoted, setVoted] = useState(() => localStorage.getItem(key) !== null)
  const vote = async (useful: boolean) => {
    if (!(await run({ method: 'POST', path: '/help/votes', body: { page, useful }, says: say.useful }))) return
    localStorage.setItem(key, 'yes')
    setVoted(true)
  }
  const votes = data?.votes[page]
  return (
    <Group gap="md" role="group" aria-label={say.useful} mih={44}>
      {hasVoted ? (
        <Text role="status">
          {say.thanks}
          {votes && ` ${say.votes(votes.yes, votes.yes + votes.no)}`}
        </Text>
      ) : (
        <>
          <Text>{say.useful}</Text>
          <Button variant="default" disabled={isBusy} onClick={() => vote(true)}>
            {say.yes}
          </Button>
          <Button variant="default" disabled={isBusy} onClick={() => vote(false)}>
            {say.no}
          </Button>
        </>
      )}
    </Group>
  )
}
