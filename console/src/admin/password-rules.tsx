import { Anchor, List, NumberInput, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { words } from '#words/en/console.ts'
import { policyQuery } from '../api.ts'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { PolicyForm } from './policy-form.tsx'

const say = words.company

/** The least length of passwords, and the same master switch as on the other tab: in some portals this is where it is looked for. */
export function PasswordRules() {
  const { organization } = useWho()
  const policy = useQuery(policyQuery(organization.id))
  return (
    <Section id="password-rules" title={say.rules.title} what={say.rules.what}>
      <Shown query={policy} whom={say.forbidden(organization.name)}>
        {(stored) => (
          <PolicyForm stored={stored}>
            {({ draft, change, mayChange }) => (
              <>
                <Text size="sm" c="dimmed">
                  {say.rules.second}{' '}
                  <Anchor component={Link} to="/company-settings/general/two-factor" inherit underline="always">
                    {say.tabs['two-factor']}
                  </Anchor>
                  .
                </Text>
                <NumberInput
                  id="least-password-length"
                  label={say.rules.least}
                  description={say.rules.leastWhat}
                  suffix={` ${say.rules.characters}`}
                  placeholder={say.rules.leastNone}
                  min={8}
                  max={64}
                  clampBehavior="blur"
                  allowDecimal={false}
                  allowNegative={false}
                  value={draft.leastPasswordLength ?? ''}
                  disabled={!mayChange}
                  onChange={(typed) => change({ leastPasswordLength: typeof typed === 'number' ? typed : null })}
                  maw={360}
                />
              </>
            )}
          </PolicyForm>
        )}
      </Shown>
      <List mt="lg" spacing="sm">
        {say.rules.list.map(({ rule, why }) => (
          <List.Item key={rule}>
            <Text span fw={600}>
              {rule}
            </Text>{' '}
            {why}
          </List.Item>
        ))}
      </List>
    </Section>
  )
}
