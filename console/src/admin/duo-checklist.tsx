import { Alert, Anchor, List, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { duoWords as say } from '#words/en/duo-settings.ts'

const helped: readonly string[] = ['aliases', 'applications', 'normalization']

/** "To Use Your Existing Duo Integration": what cannot be undone, what to do at Duo before, and the fields. */
export function DuoChecklist({ children }: { readonly children: ReactNode }) {
  return (
    <Stack gap="md" component="section" aria-labelledby="existing-duo">
      <Title order={3} size="h4" id="existing-duo">
        {say.section}
      </Title>
      <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title={say.warning.title}>
        <Text size="sm">{say.warning.can}</Text>
        <Text size="sm" mt={4}>
          {say.warning.cannot}
        </Text>
      </Alert>
      <div>
        <Text fw={600} size="sm" id="duo-checklist">
          {say.checklist}
        </Text>
        <List type="ordered" spacing="sm" mt="xs" size="sm" className="steps" aria-labelledby="duo-checklist">
          {say.steps.map(({ id, name, text, isChecked }) => (
            <List.Item key={id}>
              <b>{name}:</b> {text}
              {isChecked && (
                <>
                  {' '}
                  <Anchor component={Link} to="/company-settings/general/two-factor/duo-doctor" inherit underline="always">
                    {say.doctor}
                  </Anchor>
                  .
                </>
              )}
              {helped.includes(id) && (
                <>
                  {' '}
                  <Anchor
                    href={`/help/duo#${id}`}
                    target="_blank"
                    inherit
                    underline="always"
                    aria-label={`${say.needHelpWith(name)} ${say.newTab}`}
                  >
                    {say.needHelp}
                  </Anchor>
                </>
              )}
            </List.Item>
          ))}
        </List>
      </div>
      {children}
    </Stack>
  )
}
