import type { ForwardAuthSettings } from './applications-forward-auth.ts'
import type { OidcSettings } from './applications-oidc.ts'

/** How an application is set up; `kind` says by which door it comes. One line for each door. */
export type ApplicationSettings = OidcSettings | ForwardAuthSettings

export type ApplicationKind = ApplicationSettings['kind']

/** What is wrong with settings: the field, and which of its values. */
export interface ApplicationFault {
  readonly field: string
  readonly value?: string
}

/** As many applications as one organization can have. */
export const mostApplications = 200
