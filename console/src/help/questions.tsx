import { Anchor, List, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { duoWords } from '#words/en/duo-settings.ts'
import { Page, Section } from '../page.tsx'
import { HelpFoot } from './help-foot.tsx'

const say = words.questionsPage

/** The questions that people ask about two-factor authentication, each with its answer. */
export function Questions() {
  return (
    <Page title={say.title} path={[words.help]} isNarrow>
      <Text size="lg">{say.what}</Text>
      {say.questions.map(({ id, ask, answer, steps }) => (
        <Section key={id} id={id} title={ask}>
          <Text mt="sm">{answer}</Text>
          {steps.length > 0 && (
            <List type="ordered" spacing="xs" mt="md" className="steps">
              {steps.map((step) => (
                <List.Item key={step}>{step}</List.Item>
              ))}
            </List>
          )}
          {id === 'duo' && (
            <Anchor component={Link} to="/help/duo" hash="approve" mt="md" className="target">
              {duoWords.help}
            </Anchor>
          )}
        </Section>
      ))}
      <HelpFoot page="questions" />
    </Page>
  )
}
