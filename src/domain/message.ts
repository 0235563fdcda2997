/**
 * A mail that waits in the queue. `values` may hold a one-time address, so the queue keeps them sealed.
 * The templates and what each of them takes stand in `words/en/mails.ts`.
 */
export interface Message {
  readonly to: string
  readonly template: string
  readonly values: Readonly<Record<string, string>>
}
