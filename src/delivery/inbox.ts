import type { Gateway, OutgoingCall, OutgoingMail, OutgoingText } from './gateway.ts'

/** A message that was caught instead of sent. */
export type Caught<T> = T & { readonly at: Date }

/** Keeps the last messages of each channel in memory, newest first, for development and tests. */
export interface Inbox extends Gateway {
  readonly mails: readonly Caught<OutgoingMail>[]
  readonly texts: readonly Caught<OutgoingText>[]
  readonly calls: readonly Caught<OutgoingCall>[]
}

const most = 200

export function openInbox(now: () => Date): Inbox {
  const mails: Caught<OutgoingMail>[] = []
  const texts: Caught<OutgoingText>[] = []
  const calls: Caught<OutgoingCall>[] = []
  const keep = <T>(list: Caught<T>[], one: T) => {
    list.unshift({ ...one, at: now() })
    list.length = Math.min(list.length, most)
  }
  return {
    mails,
    texts,
    calls,
    send: async (outgoing) => {
      if (outgoing.channel === 'mail') keep(mails, outgoing)
      else if (outgoing.channel === 'text') keep(texts, outgoing)
      else keep(calls, outgoing)
      return {}
    },
  }
}
