import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import { applicationWords as say } from '#words/en/applications.ts'

/** A text that is to be typed elsewhere, with a button that copies it. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <TextInput
        label={label}
        value={text}
        readOnly
        flex={1}
        miw={0}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton what={label} text={text} />
    </Group>
  )
}

/** Copies a text; says so for two seconds. */
export function CopyButton({ what, text }: { readonly what: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    setCopied(await copied(text))
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <Button variant="default" onClick={copy} aria-label={isCopied ? say.copied : say.copyOf(what)}>
      {isCopied ? say.copied : say.copy}
    </Button>
  )
}

/** Copies a text, by the old way where the page stands on plain http. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'unseen'
    document.body.append(area)
    area.select()
    const isDone = document.execCommand('copy')
    area.remove()
    return isDone
  }
}
