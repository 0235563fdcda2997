import { Anchor, List, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { applicationsHelpWords as say } from '#words/en/applications-help.ts'
import { words } from '#words/en/console.ts'
import { Page, Section } from '../page.tsx'
import { useWho } from '../who.tsx'
import { HelpFoot } from './help-foot.tsx'

/** The help about applications: which door fits a portal, and what each of them is. */
export function ApplicationsHelp() {
  const { may } = useWho()
  return (
    <Page title={say.title} path={[words.help]} isNarrow>
      <Text size="lg">{say.what}</Text>
      <nav aria-label={say.onThisPage}>
        <List listStyleType="none" className="contents">
          {[say.which, ...say.doors].map(({ id, title }) => (
            <List.Item key={id}>
              <Anchor href={`#${id}`} className="target">
                {title}
              </Anchor>
            </List.Item>
          ))}
        </List>
      </nav>
      <Section id={say.which.id} title={say.which.title}>
        <List spacing="xs" mt="md">
          {say.which.steps.map((step) => (
            <List.Item key={step}>{step}</List.Item>
          ))}
        </List>
      </Section>
      {say.doors.map(({ id, title, text, takes }) => (
        <Section key={id} id={id} title={title}>
          <Text mt="md">{text}</Text>
          <Text mt="sm">{takes}</Text>
        </Section>
      ))}
      {may('change-applications') && (
        <Anchor component={Link} to="/applications" className="target">
          {say.open}
        </Anchor>
      )}
      <HelpFoot page="applications" />
    </Page>
  )
}
