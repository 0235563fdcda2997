import { Alert, Anchor, Text } from '@mantine/core'
import { IconUserOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { duoDoctorWords } from '#words/en/duo-doctor.ts'
import type { Problem } from '../api.ts'

const say = duoDoctorWords.refused

/** Whom Duo would take for one, so that rules which lead to it were refused. */
export interface Merged {
  readonly people: readonly string[]
  /** How many more, of other organizations or beyond what there is room for. */
  readonly others: number
  readonly bareName: string
  /** How many more such groups there are. */
  readonly more: number
}

/** What a refusal says of people who would be merged; undefined where it is about something else. */
export function mergedBy({ code, details: { merged = [], people = 0, merges = 1, reason = '' } }: Problem): Merged | undefined {
  if (code !== 'duo-would-merge') return undefined
  return { people: merged, others: Math.max(0, people - merged.length), bareName: reason, more: merges - 1 }
}

/** The refusal, with the people and the way to the key doctor. */
export function DuoMerged({ merged: { people, others, bareName, more } }: { readonly merged: Merged }) {
  return (
    <Alert color="red" icon={<IconUserOff aria-hidden />} title={say.title}>
      <Text size="sm" className="words">
        {say.what(people, others, bareName)} {more > 0 && say.more(more)}
      </Text>
      <Text size="sm" mt={4}>
        {say.next}{' '}
        <Anchor component={Link} to="/company-settings/general/two-factor/duo-doctor" inherit underline="always">
          {say.doctor}
        </Anchor>
      </Text>
    </Alert>
  )
}
