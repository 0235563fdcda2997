import { Anchor, List, Text } from '@mantine/core'
import { Link, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { words } from '#words/en/console.ts'
import { duoHelpWords as say } from '#words/en/duo-help.ts'
import { apps } from '../account/apps.ts'
import { arriveAt, Page, Section } from '../page.tsx'
import { HelpFoot } from './help-foot.tsx'

interface Part {
  readonly id: string
  readonly title: string
  readonly steps: readonly string[]
  readonly note?: string
}

const parts: readonly Part[] = [say.people, ...say.uses, say.trouble, ...say.sections]
const duoMobile = apps.find(({ name }) => name === 'Duo Mobile')

/** The help about Duo: for people first, then each step of an administrator, which the checklist leads to. */
export function DuoHelp() {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    if (hash !== '') arriveAt(hash, 'people')
  }, [hash])
  return (
    <Page title={say.title} path={[words.help]} isNarrow>
      <Text size="lg">{say.what}</Text>
      <nav aria-label={say.onThisPage}>
        <List listStyleType="none" className="contents">
          {parts.map(({ id, title }) => (
            <List.Item key={id}>
              <Anchor href={`#${id}`} className="target">
                {title}
              </Anchor>
            </List.Item>
          ))}
        </List>
      </nav>
      {parts.map((part) => (
        <PartOfHelp key={part.id} part={part} />
      ))}
      <Anchor component={Link} to="/help/two-factor" className="target">
        {words.helpPage.title}
      </Anchor>
      <HelpFoot page="duo" />
    </Page>
  )
}

function PartOfHelp({ part: { id, title, steps, note } }: { readonly part: Part }) {
  const isForAdministrators = say.sections.some((one) => one.id === id)
  return (
    <Section id={id} title={title} {...(isForAdministrators ? { what: say.administrators } : {})}>
      <List type="ordered" spacing="xs" mt="md" className="steps">
        {steps.map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      {note !== undefined && (
        <Text size="sm" c="dimmed" mt="sm">
          {note}
        </Text>
      )}
      {id === 'people' && duoMobile && (
        <Text mt="sm">
          {say.app}{' '}
          <Anchor href={duoMobile.appStore} target="_blank" rel="noreferrer" inherit underline="always">
            {say.appStore}
          </Anchor>
          ,{' '}
          <Anchor href={duoMobile.playStore} target="_blank" rel="noreferrer" inherit underline="always">
            {say.playStore}
          </Anchor>
        </Text>
      )}
    </Section>
  )
}
