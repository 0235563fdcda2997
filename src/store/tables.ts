import type { ColumnType, Kysely } from 'kysely'
import type { PinOrder } from '#domain/authanvil.ts'
import type { DuoNormalization, DuoSettings } from '#domain/duo.ts'
import type { GatewaySettings } from '#domain/gateways.ts'
import type { Channel } from '#domain/message.ts'
import type { LeftAlone, ResetOutcome, ResetState } from '#domain/organization-reset.ts'
import type { Mode, PhishingResistant, Remembers } from '#domain/policy.ts'
import type { Role } from '#domain/roles.ts'

/** The columns as they come out of the driver. Rows never leave this room. */
export interface Tables {
  installation: { only_row: ColumnType<boolean, never, never>; key_fingerprint: string; created_at: Date }
  organizations: {
    id: string
    parent_id: string | null
    name: string
    created_at: Date
    suspended_at: ColumnType<Date | null, undefined, Date | null>
    removed_at: ColumnType<Date | null, undefined, Date | null>
    host: ColumnType<string | null, undefined, string | null>
    accent: ColumnType<string | null, undefined, string | null>
    logo: ColumnType<Buffer | null, undefined, Buffer | null>
    logo_hash: ColumnType<string | null, undefined, string | null>
    support_contact: ColumnType<string | null, undefined, string | null>
    look_version: ColumnType<number, undefined, number>
  }
  coverage: {
    organization_id: string
    people: number
    secured: number
    chosen: number
    chosen_secured: number
    weakest_kind: string | null
    counted_at: Date
  }
  policies: {
    organization_id: string
    enabled: boolean
    mode: Mode
    new_users_required: boolean
    methods: string[]
    default_method: string
    may_change_method: boolean
    passcode_timeout_minutes: number
    remember_days: number
    remembers: Remembers
    strict_totp: boolean
    least_password_length: number | null
    email_for_administrators: boolean
    phishing_resistant: PhishingResistant
    passwordless: boolean
    weaker_accepted_by: ColumnType<string | null, undefined, string | null>
    weaker_accepted_at: ColumnType<Date | null, undefined, Date | null>
    version: number
    shares_duo: ColumnType<boolean, boolean | undefined, boolean>
  }
  users: {
    id: string
    email: string
    name: string
    password_hash: string | null
    set_up_due: boolean
    device_epoch: ColumnType<number, number | undefined, number>
    created_at: Date
    phone: ColumnType<string | null, string | null | undefined, string | null>
    phone_verified_at: ColumnType<Date | null, Date | null | undefined, Date | null>
    language: ColumnType<string | null, string | null | undefined, string | null>
    password_mailed: ColumnType<boolean, boolean | undefined, boolean>
    one_time_pass: ColumnType<unknown, string | null | undefined, string | null>
    /** Whether the person has shown that they read the mail of their address. */
    email_verified: ColumnType<boolean, boolean | undefined, boolean>
  }
  memberships: {
    organization_id: string
    user_id: string
    role: Role
    required: boolean
    invited_as: string
    invited_at: Date
    joined_at: Date | null
    suspended_at: ColumnType<Date | null, Date | null | undefined, Date | null>
    method: ColumnType<string | null, string | null | undefined, string | null>
    listed_as: ColumnType<string, never, never>
    /** Kept by the database: whether the person has an authenticator. */
    enrolled: ColumnType<boolean, never, never>
    /** Kept by the database: whether the person ever belonged to another organization too. */
    elsewhere: ColumnType<boolean, never, never>
  }
  authenticators: {
    id: string
    user_id: string
    kind: string
    label: string
    secret_sealed: Buffer
    counter: number
    hashes: string[]
    used_hashes: string[]
    bound_at: Date
    last_used_at: Date | null
    retired_at: Date | null
    retired_by: ColumnType<string | null, string | null | undefined, string | null>
    known_as: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>
  }
  spent_challenges: {
    hash: Buffer
    expires_at: Date
  }
  sessions: {
    token_hash: Buffer
    id: string
    user_id: string
    evidence: unknown
    started_at: Date
    last_seen_at: Date
    address: string
    browser: string
    device_id: ColumnType<string | null, string | null | undefined, never>
  }
  remembered_devices: {
    id: string
    token_hash: Buffer
    user_id: string
    epoch: number
    browser: string
    address: string
    created_at: Date
    last_used_at: Date
    expires_at: Date
  }
  sign_ins: { token_hash: Buffer; user_id: string; session_id: string | null; expires_at: Date }
  throttles: { key: string; failures: number; wait_until: Date | null; updated_at: Date }
  links: {
    token_hash: Buffer
    kind: LinkKind
    organization_id: string | null
    user_id: string | null
    email: string | null
    created_at: Date
    expires_at: Date
    used_at: Date | null
  }
  resets: {
    id: string
    organization_id: string
    state: ResetState
    proposed_by: string
    proposed_at: Date
    expires_at: Date | null
    asked: string[]
    started_by: string | null
    started_at: Date | null
    undo_minutes: number
    finished_at: ColumnType<Date | null, undefined, Date>
    undo_until: ColumnType<Date | null, undefined, Date>
    ended_by: ColumnType<string | null, undefined, string>
    ended_at: ColumnType<Date | null, undefined, Date>
    erased_at: ColumnType<Date | null, undefined, Date>
    address: string
    request_id: string
  }
  reset_people: {
    reset_id: string
    user_id: string
    outcome: ResetOutcome | null
    reason: LeftAlone | null
    done_at: Date | null
    authenticators: ColumnType<number, number | undefined, number>
    sessions: ColumnType<number, number | undefined, number>
    devices: ColumnType<number, number | undefined, number>
    message_id: ColumnType<string | null, string | undefined, string>
  }
  reset_rules: { organization_id: string; needs_approval: boolean; lapses_at: Date | null; undo_minutes: number }
  help_votes: { page: string; useful: boolean; votes: number }
  messages: {
    id: string
    template: string
    to_address: string
    values_sealed: Buffer
    created_at: Date
    attempts: ColumnType<number, number | undefined, number>
    next_attempt_at: Date
    sent_at: Date | null
    failed_at: Date | null
    last_error: string | null
    channel: ColumnType<Channel, Channel | undefined, never>
    expires_at: ColumnType<Date | null, Date | null | undefined, never>
    organization_id: ColumnType<string | null, string | null | undefined, never>
    /** What the gateway calls it, and what it last said of it. */
    gateway_ref: ColumnType<string | null, never, string | null>
    delivery: ColumnType<'delivered' | 'undelivered' | null, never, 'delivered' | 'undelivered' | null>
    delivery_reason: ColumnType<string | null, never, string | null>
    delivery_at: ColumnType<Date | null, never, Date | null>
    /** When the code in it was entered. */
    used_at: ColumnType<Date | null, never, Date>
  }
  authanvil: {
    organization_id: string
    is_on: boolean
    url: string
    site_id: number
    pin_sealed: Buffer
    pin_order: PinOrder
    shows_pin: boolean
    sas: ColumnType<unknown, string | null, string | null>
    version: number
    changed_by: string
    changed_at: Date
  }
  authanvil_people: {
    organization_id: string
    user_id: string
    user_name: string | null
    pin_sealed: Buffer | null
    changed_by: string
    changed_at: Date
  }
  duo: {
    organization_id: string
    is_on: boolean
    account: DuoSettings['account']
    prompt_sealed: Buffer | null
    auth_sealed: Buffer | null
    when_away: DuoSettings['whenAway']
    counts_bypass: boolean
    serves_sites: boolean
    proved_at: Date | null
    trouble_reason: string | null
    trouble_at: Date | null
    /** Stored by itself; see `duo-users.ts`. */
    admin_sealed: ColumnType<Buffer | null, never, Buffer | null>
    version: number
    changed_by: string
    changed_at: Date
  }
  duo_pushes: {
    user_id: string
    sent: Date[]
    stopped_at: Date | null
  }
  duo_users: {
    id: string
    account_of: string
    user_id: string
    user_name: string
    /** Duo's own id; null while Duo was asked to make the user and has not answered. */
    user_key: string | null
    activation_expires_at: Date
    created_at: Date
    attempts: number
    next_attempt_at: Date
    trouble: string | null
  }
  duo_notices: {
    organization_id: string
    text: string
    label: string | null
    url: string | null
    version: number
    changed_by: string
    changed_at: Date
  }
  applications: {
    id: string
    organization_id: string
    kind: string
    name: string
    client_id: string
    secret_sealed: Buffer | null
    /** As the kind of application has them. */
    settings: ColumnType<unknown, string, string>
    is_on: boolean
    version: number
    created_by: string
    created_at: Date
    changed_by: string
    changed_at: Date
    last_used_at: ColumnType<Date | null, never, Date>
  }
  oidc_artifacts: {
    kind: string
    id_hash: Buffer
    client_id: string | null
    session_id: string | null
    user_id: string | null
    grant_id: string | null
    payload: ColumnType<unknown, string, string>
    consumed_at: ColumnType<Date | null, never, Date>
    expires_at: Date
  }
  oidc_logouts: {
    id: string
    client_id: string
    user_id: string
    session_id: string
    attempts: number
    next_attempt_at: Date | null
  }
  oidc_keys: { number: number; key_id: string; private_sealed: Buffer; signs_from: Date }
  duo_doctor: {
    organization_id: string
    prompt: ColumnType<DuoNormalization, DuoNormalization | undefined, DuoNormalization>
    auth: ColumnType<DuoNormalization, DuoNormalization | undefined, DuoNormalization>
    checked_by: ColumnType<string | null, string | undefined, string>
    checked_at: ColumnType<Date | null, Date | undefined, Date>
    run_id: string | null
    running_until: Date | null
  }
  gateways: {
    organization_id: string
    channel: Channel
    kind: GatewaySettings['kind'] | null
    settings_sealed: Buffer | null
    version: number
    changed_by: string
    changed_at: Date
  }
  sending_rules: {
    organization_id: string
    countries: string[] | null
    daily_most: number | null
    site_daily_most: number | null
    sites_bring_gateways: boolean
    version: number
    changed_by: string
    changed_at: Date
  }
  sending_windows: {
    key: string
    starts_at: Date
    ends_at: Date
    spent: number
    most: number
    used: ColumnType<number, number | undefined, number>
  }
  portal_tickets: {
    token_hash: Buffer
    application_id: string
    user_id: string
    session_id: string
    origin: string
    uri: string
    way_hash: Buffer
    expires_at: Date
  }
  portal_sessions: {
    token_hash: Buffer
    application_id: string
    user_id: string
    session_id: string
    started_at: Date
  }
  audit_events: {
    id: string
    at: Date
    action: string
    organization_id: string | null
    actor_id: string | null
    subject_id: string | null
    address: string
    request_id: string
    detail: string
    /** Null, as the two that follow, until the event is sealed. */
    position: ColumnType<number | null, never, number>
    concerns: ColumnType<string[] | null, never, string[]>
    hash: ColumnType<string | null, never, string>
  }
  api_keys: {
    id: string
    organization_id: string
    name: string
    prefix: string
    token_hash: Buffer
    scopes: string[]
    created_by: string
    created_at: Date
    expires_at: Date
    last_used_at: ColumnType<Date | null, undefined, Date | null>
    revoked_at: ColumnType<Date | null, undefined, Date | null>
    revoked_by: ColumnType<string | null, undefined, string | null>
  }
  prompts: {
    id: string
    organization_id: string
    user_id: string
    application_id: string | null
    api_key_id: string | null
    sign_in_id: string | null
    state: 'waiting' | 'approved' | 'denied'
    request: ColumnType<unknown, string, never>
    request_hash: Buffer | null
    link_hash: Buffer | null
    code_hash: ColumnType<Buffer | null, undefined, Buffer | null>
    code_expires_at: ColumnType<Date | null, undefined, Date | null>
    code_used_at: ColumnType<Date | null, undefined, Date | null>
    passed: ColumnType<unknown, undefined, string | null>
    created_at: Date
    expires_at: Date
  }
  spent_assertions: { application_id: string; jti_hash: Buffer; expires_at: Date }
  audit_concerns: {
    organization_id: string
    event_id: string
    position: number
    action: string
    actor_id: string | null
    subject_id: string | null
  }
}

export type LinkKind = 'setup' | 'invitation' | 'password-reset' | 'email-change' | 'email-change-undo'

/** A connection pool or an open transaction: what every function of this room is given first. */
export type Database = Kysely<Tables>
