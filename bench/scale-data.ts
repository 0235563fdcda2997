/**
 * Thousands of sites and a million people, written by a handful of statements beside those of `seed.ts`. Every row follows from
 * its number, so that two runs fill the same database.
 */
import type pg from 'pg'

export interface Size {
  readonly sites: number
  readonly users: number
  /** Of the users, in the first site; the second has a fifth as many, and the others share the rest evenly. */
  readonly largest: number
}

const firstNames =
  'Ada Alan Barbara Claude Donald Edsger Frances Grace Hedy Ida Jean John Katherine Leslie Margaret Niklaus Ole Peter Radia Shafi Tim Whitfield Xiao Yukihiro Zoë'
const lastNames =
  'Allen Backus Clarke Dijkstra Easley Floyd Goldwasser Hamilton Iverson Johnson Knuth Lamport Micali Naur Osterhout Perlman Ritchie Stroustrup Turing Ullman Vint Wirth Yao Zuse Ångström'

/** A UUID of version 7 out of a kind of row and its number: rows made one after another stand side by side, as ours do. */
const functions = `
  create function pg_temp.id(kind text, n bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(kind), 1, 3) || '8' || substr(md5(kind || n), 1, 15))::uuid $$;
  create function pg_temp.site_of(n bigint, sites bigint, largest bigint) returns bigint language sql immutable as $$
    select case when n < largest then 0 when n < largest * 6 / 5 then 1 else 2 + n % (sites - 2) end $$;
  create function pg_temp.nth(names text, n bigint) returns text language sql immutable as $$
    select (string_to_array(names, ' '))[1 + n % cardinality(string_to_array(names, ' '))] $$`

const statements = ({ sites, users, largest }: Size): readonly (readonly [what: string, statement: string])[] => {
  const people = `generate_series(0, ${users} - 1) n`
  const site = `pg_temp.site_of(n, ${sites}, ${largest})`
  const isEnrolled = 'n % 5 < 3'
  const isElsewhere = `(n % 50 = 0 and n < ${largest})`
  const at = `timestamptz '2026-01-01' + n * interval '10 seconds'`
  return [
    [
      'sites',
      `insert into organizations (id, parent_id, name, created_at)
        select pg_temp.id('site', n), (select id from organizations where parent_id is null), pg_temp.nth('${lastNames}', n) || ' & ' || pg_temp.nth('${lastNames}', n / 7) || ' ' || n, now()
        from generate_series(0, ${sites} - 1) n`,
    ],
    [
      'policies',
      `insert into policies (organization_id, enabled, mode, new_users_required, version)
        select pg_temp.id('site', n), n % 4 < 3, (array['opt-in', 'chosen', 'everyone'])[1 + n % 3], n % 2 = 0, 1 from generate_series(0, ${sites} - 1) n`,
    ],
    [
      'users',
      `insert into users (id, email, name, password_hash, set_up_due, created_at)
        select pg_temp.id('user', n), lower('person-' || n || '@site-' || ${site} || '.example'),
          pg_temp.nth('${firstNames}', n) || ' ' || pg_temp.nth('${lastNames}', n / 25), '$argon2id$v=19$m=19456,t=2,p=1$' || md5(n::text) || '$' || md5('hash' || n), false, ${at}
        from ${people}`,
    ],
    [
      'memberships',
      `insert into memberships (organization_id, user_id, role, required, invited_as, invited_at, joined_at, enrolled, elsewhere)
        select pg_temp.id('site', ${site}), pg_temp.id('user', n), case n % 500 when 0 then 'security-admin' when 1 then 'admin' else 'user' end,
          n % 3 = 0, 'Invited ' || n, ${at}, case when n % 33 > 0 then ${at} end, ${isEnrolled}, ${isElsewhere}
        from ${people}
        union all
        select pg_temp.id('site', 2 + (n + 1) % (${sites} - 2)), pg_temp.id('user', n), 'user', false, 'Invited ' || n, ${at}, ${at}, ${isEnrolled}, true
        from ${people} where ${isElsewhere}`,
    ],
    [
      'authenticator apps',
      `insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at)
        select pg_temp.id('totp', n), pg_temp.id('user', n), 'totp', 'Authenticator app', decode(md5(n::text) || md5('a' || n), 'hex'), 0, '{}', ${at} from ${people} where ${isEnrolled}`,
    ],
    [
      'backup codes',
      `insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at)
        select pg_temp.id('codes', n), pg_temp.id('user', n), 'backup-codes', 'Backup codes', decode(md5(n::text), 'hex'), 0,
          (select array_agg(md5(n || ':' || code) || substr(md5(code || ':' || n), 1, 11)) from generate_series(1, 10) code), ${at} from ${people} where ${isEnrolled}`,
    ],
    [
      'sessions',
      `insert into sessions (token_hash, id, user_id, evidence, started_at, last_seen_at, address, browser)
        select sha256(('session ' || n)::bytea), pg_temp.id('session', n), pg_temp.id('user', n), jsonb_build_array(jsonb_build_object('kind', 'password', 'proves', array['know'], 'amr', array['pwd'], 'at', now())),
          now(), now(), '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36' from ${people} where n % 10 = 0`,
    ],
    [
      'lanes',
      `insert into throttles (key, failures, updated_at) select 'codes ' || pg_temp.id('user', n), 0, now() from ${people} where ${isEnrolled}`,
    ],
    [
      // They have their places in the chain, and no hash that would stand up: what is measured are the lists.
      'audit events',
      `insert into audit_events (id, at, action, organization_id, actor_id, subject_id, address, request_id, detail, position, concerns, hash)
        select pg_temp.id('event ' || turn, n * 3 + turn), ${at} + turn * interval '1 day', (array['user.invited', 'authenticator.bound', 'session.started'])[turn],
          case when turn = 1 then pg_temp.id('site', ${site}) end, pg_temp.id('user', case when turn = 1 then n / 500 * 500 else n end), pg_temp.id('user', n),
          '192.0.2.1', pg_temp.id('request', n)::text, '{"amr": ["pwd", "otp", "mfa"], "aal": 2}', n * 3 + turn,
          case when turn = 1 then array[pg_temp.id('site', ${site}), (select id from organizations where parent_id is null)] else array[pg_temp.id('site', ${site})] end, md5(n::text)
        from ${people}, generate_series(1, 3) turn`,
    ],
    [
      'lists of the audit',
      `insert into audit_concerns (organization_id, event_id, position, action, actor_id, subject_id)
        select o, id, position, action, actor_id, subject_id from audit_events, unnest(concerns) o where position is not null`,
    ],
  ]
}

/** What they keep, the statements bring along: a million times each would take longer than the rest. */
const triggers = (turn: 'disable' | 'enable') => `
  alter table memberships ${turn} trigger memberships_stand, ${turn} trigger memberships_elsewhere;
  alter table authenticators ${turn} trigger authenticators_enroll`

/** Fills a database that holds its provider already. */
export async function enlarge(database: pg.Pool, size: Size, say: (text: string) => void): Promise<void> {
  // One connection, because the functions live in it alone.
  const client = await database.connect()
  try {
    await client.query(functions)
    await client.query(triggers('disable'))
    for (const [what, statement] of statements(size)) {
      const startedAt = performance.now()
      const { rowCount } = await client.query(statement)
      say(`${what}: ${rowCount?.toLocaleString('en-US')} rows in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    }
    await client.query(triggers('enable'))
    await client.query('vacuum analyze')
  } finally {
    client.release()
  }
}

/** What the pages need to know of the large site: its id, and people to look for there. */
export async function landmarks(
  database: pg.Pool,
): Promise<{ readonly providerId: string; readonly siteId: string; readonly userId: string }> {
  const { rows } = await database.query<{ providerId: string; siteId: string; userId: string }>(`
    select o.parent_id as "providerId", m.organization_id as "siteId", m.user_id as "userId"
    from users u join memberships m on m.user_id = u.id join organizations o on o.id = m.organization_id
    where u.email = 'person-1234@site-0.example' limit 1`)
  const [found] = rows
  if (!found) throw new Error('The large site is not there.')
  return found
}
