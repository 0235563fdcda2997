import { Anchor, List, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { Section } from '../page.tsx'

const say = words.company

export function PasswordRules() {
  return (
    <Section id="password-rules" title={say.rules.title} what={say.rules.what}>
      <List mt="md" spacing="sm">
        {say.rules.list.map(({ rule, why }) => (
          <List.Item key={rule}>
            <Text span fw={600}>
              {rule}
            </Text>{' '}
            {why}
          </List.Item>
        ))}
      </List>
      <Text mt="md" size="sm" c="dimmed">
        {say.rules.second}{' '}
        <Anchor component={Link} to="/company-settings/general/two-factor" inherit underline="always">
          {say.tabs['two-factor']}
        </Anchor>
        .
      </Text>
    </Section>
  )
}
