import { Button, EmptyState, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle, IconLock, IconShieldLock } from '@tabler/icons-react'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { words } from '#words/en/console.ts'
import { helpQuery, Problem, start } from './api.ts'
import { Contact } from './contact.tsx'

/** Grey bars in the place of what is to come; the style sheet shows them after 300 ms, so that quick answers do not flicker. */
export function Loading({ lines = 4 }: { readonly lines?: number }) {
  return (
    <Stack gap="md" className="late" role="status">
      <VisuallyHidden>{words.states.loading}</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => (
        // The bars never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={line} height={line === 0 ? 28 : 18} width={line % 2 === 0 ? '60%' : '90%'} />
      ))}
    </Stack>
  )
}

export function Failed({ problem, retry }: { readonly problem: Error; readonly retry: () => void }) {
  if (problem instanceof Problem && problem.code === 'second-step-required') return <SecondStep />
  return (
    <EmptyState
      role="alert"
      py="xl"
      icon={<IconAlertTriangle aria-hidden />}
      title={words.states.failed}
      description={problem instanceof Problem ? problem.message : words.states.unknown}
    >
      <EmptyState.Actions>
        <Button onClick={retry}>{words.retry}</Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

/** In the place of a page of administrators, for who was spared the second step: how to give it now. */
function SecondStep() {
  const say = words.states
  return (
    <EmptyState py="xl" icon={<IconShieldLock aria-hidden />} title={say.secondStep} description={say.secondStepWhat}>
      <EmptyState.Actions>
        <Button onClick={() => start('confirm', window.location.pathname)}>{say.secondStepAction}</Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

/** Says whom to ask, and where else help is to be had; never merely that it is not allowed. */
export function Forbidden({ whom }: { readonly whom: string }) {
  const { data } = useQuery(helpQuery)
  return (
    <EmptyState py="xl" icon={<IconLock aria-hidden />} title={words.states.forbidden} description={whom}>
      {data?.supportContact && (
        <Text size="sm" className="words">
          {words.helpFoot.support} <Contact contact={data.supportContact} />
        </Text>
      )}
    </EmptyState>
  )
}

interface ShownProps<T> {
  readonly query: UseQueryResult<T>
  readonly lines?: number
  /** Whom to ask, for those whom the server refuses. */
  readonly whom?: string
  readonly children: (data: T) => ReactNode
}

/** What a query brought, or the state it is in instead. */
export function Shown<T>({ query, lines, whom, children }: ShownProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error === null) return <Loading {...(lines === undefined ? {} : { lines })} />
  if (query.error instanceof Problem && query.error.code === 'not-signed-in') return <Loading />
  if (query.error instanceof Problem && query.error.code === 'forbidden' && whom !== undefined) return <Forbidden whom={whom} />
  return <Failed problem={query.error} retry={() => query.refetch()} />
}
