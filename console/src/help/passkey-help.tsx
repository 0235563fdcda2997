import { List, Title } from '@mantine/core'
import { useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { passkeyHelpWords as say } from '#words/en/passkey-help.ts'
import { Section } from '../page.tsx'

/** What a passkey is, how one is added on each kind of device, and what to do when it is lost. */
export function PasskeyHelp() {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    if (hash === 'passkeys' || say.parts.some(({ id }) => id === hash)) document.getElementById(hash)?.scrollIntoView()
  }, [hash])
  return (
    <Section id="passkeys" title={say.title} what={say.what}>
      {say.parts.map(({ id, title, steps }) => (
        <div key={id} id={id}>
          <Title order={3} size="h5" mt="lg">
            {title}
          </Title>
          <List type="ordered" spacing="xs" mt="xs" className="steps">
            {steps.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        </div>
      ))}
    </Section>
  )
}
