import type { Outgoing } from './smtp.ts'

/** A mail that was caught instead of sent. */
export interface Caught extends Outgoing {
  readonly at: Date
}

/** Keeps the last mails in memory, for development and tests. */
export interface Inbox {
  readonly mails: readonly Caught[]
  send(mail: Outgoing): Promise<void>
}

const most = 200

export function openInbox(now: () => Date): Inbox {
  const mails: Caught[] = []
  return {
    mails,
    send: async (mail) => {
      mails.unshift({ ...mail, at: now() })
      mails.length = Math.min(mails.length, most)
    },
  }
}
