import { type Kysely, sql } from 'kysely'

/** Messages go by text and call as well, die with what they carry, and say what became of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table messages
      add column channel text not null default 'mail' check (channel in ('mail', 'text', 'call')),
      add column expires_at timestamptz,
      add column organization_id uuid,
      add column gateway_ref text,
      add column delivery text check (delivery in ('delivered', 'undelivered')),
      add column delivery_reason text,
      add column delivery_at timestamptz`,
    // What the gateway reports comes with its own name of the message.
    sql`create index messages_by_gateway_ref on messages (gateway_ref) where gateway_ref is not null`,
    // Whether the password was last set through a mailed link: then a mailed code proves nothing more.
    sql`alter table users add column password_mailed boolean not null default false`,
  ]
  for (const statement of statements) await statement.execute(db)
}
