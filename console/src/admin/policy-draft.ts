import { useEffect, useState } from 'react'
import type { Policy, PolicyChange, PolicyDraft } from '#contract/policy.ts'
import { words } from '#words/en/console.ts'
import { methodWords } from '#words/en/methods.ts'
import { useChange } from '../changes.tsx'
import { useWho } from '../who.tsx'
import { type Merged, mergedBy } from './duo-merged.tsx'

const say = words.company

export type Rule = keyof PolicyDraft

/** What somebody else stored while this form was open. */
export interface Elsewhere {
  readonly rule: Rule
  readonly was: PolicyDraft
  readonly is: PolicyDraft
}

export interface DraftedPolicy {
  readonly draft: PolicyDraft
  readonly change: (part: Partial<PolicyDraft>) => void
  /** Takes what is stored, and drops what was drafted. */
  readonly discard: () => void
  /** @param acceptsWeaker that this person accepts what the rules newly allow */
  readonly save: (acceptsWeaker?: boolean) => Promise<void>
  /** Weaker methods that wait for an acceptance before the rules are stored. */
  readonly unaccepted: readonly string[]
  readonly leaveUnaccepted: () => void
  /** Whom Duo would take for one, where the rules were refused for that. */
  readonly merged: Merged | undefined
  readonly isBusy: boolean
  readonly changed: readonly Rule[]
  readonly isSaved: boolean
  readonly elsewhere: readonly Elsewhere[]
  /** Who that was, as far as the server knows. */
  readonly changedBy: readonly string[]
}

function differences(one: PolicyDraft, other: PolicyDraft): readonly Rule[] {
  return (Object.keys(one) as Rule[]).filter((rule) => JSON.stringify(one[rule]) !== JSON.stringify(other[rule]))
}

const read = ({ people: _people, availableMethods: _methods, weakerAccepted: _accepted, version, ...rules }: Policy) => ({ version, rules })

interface Drafted {
  readonly base: ReturnType<typeof read>
  readonly draft: PolicyDraft
}

/** Drafts that are not saved yet, by organization: they outlive a look at another page, and end with this window. */
const kept = new Map<string, Drafted>()

/**
 * The rules as a form edits them. What others store in the meantime comes in beside the draft: rules that were not touched here
 * follow what is stored, the others stay as they were drafted, and the person is shown what changed before they save again.
 */
export function usePolicyDraft(stored: Policy): DraftedPolicy {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const [base, setBase] = useState(() => kept.get(organization.id)?.base ?? read(stored))
  const [draft, setDraft] = useState<PolicyDraft>(() => kept.get(organization.id)?.draft ?? base.rules)
  const [unaccepted, setUnaccepted] = useState<readonly string[]>([])
  // Both say after which version it was: the refusal and what is stored now come in either order.
  const [elsewhere, setElsewhere] = useState<{ readonly after: number; readonly changes: readonly Elsewhere[] }>()
  const [refused, setRefused] = useState<{ readonly after: number; readonly by: readonly string[] }>()
  const [merged, setMerged] = useState<Merged>()
  const [isSaved, setSaved] = useState(false)
  const changed = differences(base.rules, draft)
  useEffect(() => {
    if (differences(base.rules, draft).length > 0) kept.set(organization.id, { base, draft })
    else kept.delete(organization.id)
  }, [organization.id, base, draft])

  if (stored.version !== base.version) {
    const now = read(stored)
    const own = differences(base.rules, draft)
    const unlikeDraft = differences(now.rules, draft)
    const others = differences(base.rules, now.rules).filter((rule) => unlikeDraft.includes(rule))
    setBase(now)
    setDraft({ ...now.rules, ...Object.fromEntries(own.map((rule) => [rule, draft[rule]])) })
    const changes = own.length === 0 ? [] : others.map((rule) => ({ rule, was: base.rules, is: now.rules }))
    setElsewhere({ after: base.version, changes })
  }

  const settle = () => {
    setSaved(false)
    setElsewhere(undefined)
    setRefused(undefined)
    setMerged(undefined)
  }
  return {
    draft,
    changed,
    unaccepted,
    merged,
    leaveUnaccepted: () => setUnaccepted([]),
    change: (part) => {
      setSaved(false)
      setMerged(undefined)
      setDraft({ ...draft, ...part })
    },
    discard: () => {
      settle()
      setDraft(base.rules)
    },
    save: async (acceptsWeaker = false) => {
      settle()
      const isDone = await run(
        {
          method: 'PUT',
          path: `/organizations/${organization.id}/policy`,
          body: { ...draft, version: base.version, ...(acceptsWeaker ? { acceptsWeaker } : {}) } satisfies PolicyChange,
          says: `${say.says} ${acceptsWeaker ? `${methodWords.accept.says(unaccepted)} ` : ''}${say.stored(draft)}`,
        },
        {
          onProblem: (problem) => {
            const { code, details } = problem
            const people = mergedBy(problem)
            setMerged(people)
            if (code === 'moved-on') setRefused({ after: base.version, by: details.changedBy ?? [] })
            if (code === 'weaker-methods') setUnaccepted(details.methods ?? [])
            return people !== undefined || code === 'moved-on' || code === 'weaker-methods'
          },
        },
      )
      if (isDone) setSaved(true)
    },
    isBusy,
    isSaved,
    elsewhere: elsewhere?.changes ?? [],
    changedBy: refused !== undefined && refused.after === elsewhere?.after ? refused.by : [],
  }
}
