import { Box, Breadcrumbs, Card, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { isolate } from '#words/bidi.ts'
import { words } from '#words/en/console.ts'

interface PageProps {
  readonly title: string
  /** Where the page stands, from the outside in. */
  readonly path?: readonly ReactNode[]
  readonly action?: ReactNode
  /** For forms and prose, which are hard to read when they are wide. */
  readonly isNarrow?: boolean
  readonly children: ReactNode
}

let isFirstPage = true

/** The outer form of every page. After a change of page the heading takes the focus, so that screen readers begin there. */
export function Page({ title, path, action, isNarrow = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${isolate(title)} · ${words.product}`
    if (!isFirstPage && window.location.hash === '') heading.current?.focus()
    isFirstPage = false
  }, [title])
  return (
    <Stack gap="lg" {...(isNarrow ? { maw: 800, mx: 'auto' } : {})}>
      <Box>
        {path && (
          <Breadcrumbs separator="›" separatorMargin="xs" mb={4} fz="sm" c="dimmed">
            {path}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="center" wrap="nowrap">
          <Title order={1} size="h2" ref={heading} tabIndex={-1} className="quiet-focus words">
            <bdi>{title}</bdi>
          </Title>
          {action}
        </Group>
      </Box>
      {children}
    </Stack>
  )
}

/** Shows a part of the page and gives it the focus; where it is not there, the other one. */
export function arriveAt(id: string, otherwise: string): void {
  const part = document.getElementById(id) ?? document.getElementById(otherwise)
  part?.scrollIntoView({ block: 'center' })
  part?.focus()
}

interface SectionProps {
  readonly id: string
  readonly title: string
  readonly aside?: ReactNode
  readonly what?: ReactNode
  readonly children?: ReactNode
}

/** A card with a heading, named by it, that `#id` leads to. */
export function Section({ id, title, aside, what, children }: SectionProps) {
  return (
    <Card withBorder padding="lg" component="section" id={id} aria-labelledby={`${id}-title`} className="section">
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h4" id={`${id}-title`}>
          {title}
        </Title>
        {aside}
      </Group>
      {what !== undefined && (
        <Text c="dimmed" size="sm" mt={4}>
          {what}
        </Text>
      )}
      {children}
    </Card>
  )
}
