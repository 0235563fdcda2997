import { useEffect, useState } from 'react'
import type { Duo, DuoChange } from '#contract/duo.ts'
import { useWho } from '../who.tsx'

export type Which = 'prompt' | 'auth'
export interface Keys {
  readonly key: string
  readonly host: string
  readonly secret: string
}

export interface DuoDraft extends Pick<Duo, 'isOn' | 'account' | 'whenAway' | 'countsBypass' | 'servesSites'> {
  readonly prompt: Keys
  readonly auth: Keys
}

const keysOf = (shown: Duo['prompt']): Keys => ({ key: shown?.key ?? '', host: shown?.host ?? '', secret: '' })

const draftOf = ({ isOn, account, whenAway, countsBypass, servesSites, prompt, auth }: Duo): DuoDraft => ({
  isOn,
  account,
  whenAway,
  countsBypass,
  servesSites,
  prompt: keysOf(prompt),
  auth: keysOf(auth),
})

/**
 * The settings of Duo as a form edits them. What was typed outlives a detour to another page of this window, secrets excepted: those are
 * nowhere but in their fields.
 *
 * @param fixed what is not chosen here
 */
export function useDuoDraft(stored: Duo, fixed: Partial<DuoDraft> = {}) {
  const { organization } = useWho()
  // What is chosen elsewhere makes a draft of its own.
  const place = `countersign.duo.${Object.keys(fixed).length > 0 ? 'set-up.' : ''}${organization.id}`
  const [version] = useState(stored.version)
  const [draft, setDraft] = useState<DuoDraft>(() => ({ ...draftOf(stored), ...keptIn(place, version), ...fixed }))
  useEffect(() => {
    const bare = (keys: Keys): Keys => ({ ...keys, secret: '' })
    sessionStorage.setItem(place, JSON.stringify({ version, draft: { ...draft, prompt: bare(draft.prompt), auth: bare(draft.auth) } }))
  }, [place, version, draft])
  const typed = draftOf(stored)
  return {
    draft,
    version,
    isChanged: (Object.keys(typed) as (keyof DuoDraft)[]).some((part) => JSON.stringify(draft[part]) !== JSON.stringify(typed[part])),
    discard: () => setDraft({ ...typed, ...fixed }),
    change: (part: Partial<DuoDraft>) => setDraft((known) => ({ ...known, ...part })),
    forget: () => sessionStorage.removeItem(place),
  }
}

function keptIn(place: string, version: number): Partial<DuoDraft> {
  const kept = sessionStorage.getItem(place)
  if (kept === null) return {}
  const { version: then, draft } = JSON.parse(kept) as { version: number; draft: DuoDraft }
  return then === version ? draft : {}
}

/** What is sent: of an application nothing where nothing was ever written, and null where what is stored was emptied. */
export function changeOf({ prompt, auth, servesSites, ...rest }: DuoDraft, stored: Duo, version: number, isProvider: boolean): DuoChange {
  const isAsked = rest.isOn && rest.account === 'own'
  const written = (which: Which, { key, host, secret }: Keys) => {
    if (!isAsked && key === '' && host === '' && secret === '') return stored[which] === null ? {} : { [which]: null }
    if (!isAsked && secret === '' && key === stored[which]?.key && host === stored[which]?.host) return {}
    return { [which]: { key, host, ...(secret === '' ? {} : { secret }) } }
  }
  return { ...rest, ...written('prompt', prompt), ...written('auth', auth), ...(isProvider ? { servesSites } : {}), version }
}

/** The API hostname out of what was pasted, as the server reads it. */
const hostOf = ({ host }: Keys) =>
  host
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/+$/, '')

/** Whether a draft leads away from the account that people are bound to. What is not typed yet leads nowhere. */
export function isLeaving({ isOn, account, prompt }: DuoDraft, stored: Duo): boolean {
  if (account !== stored.account) return true
  if (account === 'provider' || stored.prompt === null) return false
  const host = hostOf(prompt)
  return host === '' ? !isOn : host !== stored.prompt.host
}
