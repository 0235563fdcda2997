import { createContext, use } from 'react'
import type { Session } from '#contract/account.ts'
import type { Organization, Right } from '#contract/organizations.ts'

/** Who is signed in, and which of their organizations they are looking at. */
export interface Who {
  readonly session: Session
  readonly organization: Organization
  /** Goes on in another organization: one of their own, or a site that the provider acts for. */
  readonly open: (organizationId: string) => void
}

export const WhoContext = createContext<Who | undefined>(undefined)

export function useWho(): Who & { readonly may: (right: Right) => boolean } {
  const who = use(WhoContext)
  if (!who) throw new Error('useWho needs the frame above')
  return { ...who, may: (right) => who.organization.rights.includes(right) }
}
