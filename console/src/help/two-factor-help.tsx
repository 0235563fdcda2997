import { Anchor, List, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { passkeyHelpWords } from '#words/en/passkey-help.ts'
import { Page, Section } from '../page.tsx'
import { SettingsSearch } from '../settings-search.tsx'
import { HelpFoot } from './help-foot.tsx'
import { PasskeyHelp } from './passkey-help.tsx'
import { WalkThrough } from './walk-through.tsx'

const say = words.helpPage

export function TwoFactorHelp() {
  return (
    <Page title={say.title} path={[words.help]} isNarrow>
      <Text size="lg">{say.what}</Text>
      <SettingsSearch />
      <nav aria-label={say.onThisPage}>
        <List listStyleType="none" className="contents">
          {[
            ...say.apps,
            { id: 'passkeys', name: passkeyHelpWords.title },
            { id: 'methods', name: methodWords.help.title },
            { id: 'lost-phone', name: say.lostTitle },
            { id: 'exceptions', name: say.exceptionsTitle },
            { id: 'questions', name: say.questionsTitle },
          ].map(({ id, name }) => (
            <List.Item key={id}>
              <Anchor href={`#${id}`} className="target">
                {name}
              </Anchor>
            </List.Item>
          ))}
        </List>
      </nav>
      <Section id="start" title={say.startTitle}>
        <Steps steps={say.start} />
        <figure className="sample">
          <div role="img" aria-label={say.pictureLabel}>
            <span>{say.pictureApp}</span>
            <b>492 039</b>
          </div>
          <figcaption>{say.picture}</figcaption>
        </figure>
      </Section>
      <WalkThrough />
      {say.apps.map(({ id, name, steps, note }) => (
        <Section key={id} id={id} title={name}>
          <Steps steps={steps} />
          {note !== undefined && (
            <Text size="sm" c="dimmed" mt="sm">
              {note}
            </Text>
          )}
        </Section>
      ))}
      <PasskeyHelp />
      <Section id="methods" title={methodWords.help.title} what={methodWords.help.what}>
        <dl className="questions">
          {methodWords.help.list.map(({ name, text }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <Text mt="md">{methodWords.help.change}</Text>
        <Text mt="sm">{methodWords.help.moved}</Text>
      </Section>
      <Section id="lost-phone" title={say.lostTitle}>
        <Steps steps={say.lost} />
      </Section>
      <Section id="exceptions" title={say.exceptionsTitle} what={say.exceptionsWhat}>
        <List spacing="xs" mt="md">
          {say.exceptions.map((one) => (
            <List.Item key={one}>{one}</List.Item>
          ))}
        </List>
      </Section>
      <Section id="questions" title={say.questionsTitle}>
        <dl className="questions">
          {say.questions.map(({ ask, answer }) => (
            <div key={ask}>
              <dt>{ask}</dt>
              <dd>{answer}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section id="administrators" title={say.adminTitle}>
        <Steps steps={say.admin} />
        <Anchor component={Link} to="/help/questions" mt="md" className="target">
          {words.questionsPage.title}
        </Anchor>
      </Section>
      <HelpFoot page="two-factor" />
    </Page>
  )
}

function Steps({ steps }: { readonly steps: readonly string[] }) {
  return (
    <List type="ordered" spacing="xs" mt="md" className="steps">
      {steps.map((step) => (
        <List.Item key={step}>{step}</List.Item>
      ))}
    </List>
  )
}
