import type { Outgoing } from './smtp.ts'

/** A mail that was caught instead of sent. */
export interface Caught extends Outgoing {
  readonly at: Date
}

/** A text message or a call that was caught instead of sent. */
export interface CaughtText {
  readonly to: string
  readonly text: string
  readonly at: Date
}

/** Keeps the last messages in memory, newest first, for development and tests. */
export interface Inbox {
  readonly mails: readonly Caught[]
  readonly texts: readonly CaughtText[]
  readonly calls: readonly CaughtText[]
  send(mail: Outgoing): Promise<void>
  sendText(text: Omit<CaughtText, 'at'>): Promise<void>
  call(text: Omit<CaughtText, 'at'>): Promise<void>
}

const most = 200

export function openInbox(now: () => Date): Inbox {
  const [mails, texts, calls]: [Caught[], CaughtText[], CaughtText[]] = [[], [], []]
  const keep = <T>(list: (T & { readonly at: Date })[], one: T) => {
    list.unshift({ ...one, at: now() })
    list.length = Math.min(list.length, most)
  }
  return {
    mails,
    texts,
    calls,
    send: async (mail) => keep(mails, mail),
    sendText: async (text) => keep(texts, text),
    call: async (text) => keep(calls, text),
  }
}
