import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, jwtVerify } from 'jose'
import { addMembership } from '#store/people.ts'
import { answer, type Client, contentsOf, type Kit, openKit, type Person } from '../kit.ts'
import { addPortal, enrolled, form, giveSecondStep, type Portal, post, redirectUri, through } from '../second-factor.ts'

let kit: Kit
const lines: string[] = []

before(async () => {
  kit = await openKit({ publicUrl: 'https://id.example.org', logTo: { write: (line) => lines.push(line) } })
})
after(() => kit.close())

/** The kit speaks to a host of its own; a portal calls us by the public one. */
const at = (client: Client): Client => {
  const { call } = client
  client.call = (method, path, body, headers) => call(method, path, body, { host: 'id.example.org', ...headers })
  return client
}
const browser = () => at(kit.client())

async function world(wish: Parameters<typeof addPortal>[2] = {}) {
  const site = await kit.site()
  const [portal, person] = [await addPortal(kit, site.id, wish), await enrolled(kit, site.id)]
  return { site, portal, person, server: browser() }
}

const payloadOf = (token: string) => decodeJwt(token)
const contextOf = (token: string) => payloadOf(token).auth_context as Record<string, unknown>

describe('a portal that keeps its own passwords', () => {
  test('is told, signed, that the person has given the second step; the browser gets no session out of it', async () => {
    const { site, portal, person, server } = await world()
    const health = await post(server, 'health_check', {
      client_id: portal.clientId,
      client_assertion: await portal.sign(portal.assertion('health_check')),
    })
    assert.deepEqual([health.status, Object.keys(health.json), health.json.stat], [200, ['stat', 'response'], 'OK'])
    assert.deepEqual(health.json.response, { timestamp: Math.floor(kit.now().getTime() / 1000) })

    const client = browser()
    const sent = await portal.send(client, person.email, { state: 'state-of-the-portal-0123' })
    assert.deepEqual([sent.status, sent.headers.location], [303, '/sign-in'])
    const page = await client.call('GET', '/sign-in')
    assert.match(page.text, /Old Portal asks for your second step/)
    assert.ok(page.text.includes(site.name), 'the page names the organization')
    assert.match(String(page.headers['content-security-policy']), /form-action 'self' https:\/\/portal\.example;/)
    const back = await giveSecondStep(kit, person, client)
    assert.equal(`${back.origin}${back.pathname}`, redirectUri)
    assert.deepEqual([...back.searchParams.keys()], ['state', 'duo_code'])
    assert.equal(back.searchParams.get('state'), 'state-of-the-portal-0123')
    assert.deepEqual([...client.cookies.keys()], [], 'no cookie is left')
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)

    const reply = await post(server, 'token', await portal.token(back.searchParams.get('duo_code') ?? ''))
    assert.equal(reply.status, 200, reply.text)
    assert.deepEqual(Object.keys(reply.json).toSorted(), ['access_token', 'expires_in', 'id_token', 'token_type'])
    assert.deepEqual([reply.json.token_type, reply.json.expires_in], ['Bearer', 300])
    const { payload, protectedHeader } = await jwtVerify(reply.json.id_token, new TextEncoder().encode(portal.secret), {
      algorithms: ['HS512'],
      issuer: 'https://id.example.org/oauth/v1/token',
      audience: portal.clientId,
      currentDate: kit.now(),
    })
    assert.equal(protectedHeader.alg, 'HS512')
    assert.deepEqual([payload.preferred_username, payload.aud, payload.nonce], [person.email, portal.clientId, undefined])
    assert.deepEqual(payload.auth_result, { result: 'allow', status: 'allow', status_msg: 'Login Successful' })
    const context = payload.auth_context as Record<string, Record<string, unknown>>
    assert.deepEqual(
      [context.factor, context.reason, context.user?.key, context.user?.groups, context.access_device?.ip],
      ['passcode', 'valid_passcode', person.id, [], '192.0.2.1'],
    )
  })

  test('hears of the name as it wrote it, and finds the person by it whatever its capitals', async () => {
    const { portal, person, server } = await world()
    const client = browser()
    const name = person.email.toUpperCase()
    await portal.send(client, name, { nonce: 'n'.repeat(24) })
    const code = (await giveSecondStep(kit, person, client)).searchParams.get('duo_code') ?? ''
    const { json } = await post(server, 'token', await portal.token(code))
    assert.deepEqual([payloadOf(json.id_token).preferred_username, payloadOf(json.id_token).nonce], [name, 'n'.repeat(24)])
  })

  test('says by which factor it was, and that a backup code was one', async () => {
    const { site, portal, server } = await world()
    const person = await enrolled(kit, site.id)
    const client = browser()
    await portal.send(client, person.email)
    const back = await giveSecondStep(kit, person, client, person.backupCodes?.[0])
    const { json } = await post(server, 'token', await portal.token(back.searchParams.get('duo_code') ?? ''))
    assert.equal(contextOf(json.id_token).factor, 'backup_code')
    const [mail] = await kit.mailsTo(person.email)
    assert.match(mail?.subject ?? '', /backup code/i)
  })
})

describe('what the libraries differ in', () => {
  /** Redeems a code that was just given, in a way of its own. */
  const redeemedBy = async (send: (portal: Portal, code: string, server: Client) => ReturnType<typeof post>, more = {}) => {
    const { portal, person, server } = await world()
    const back = await through(kit, portal, person, browser(), more)
    return send(portal, back.get('duo_code') ?? back.get('code') ?? '', server)
  }
  const isRight = (reply: Awaited<ReturnType<typeof post>>) => assert.equal(reply.status, 200, reply.text)

  test('Python: all fields in the address and an empty body, exp with a fraction, a nonce in the outer query', async () => {
    isRight(
      await redeemedBy(async (portal, code, server) => {
        const assertion = await portal.sign(portal.assertion('token', { exp: kit.now().getTime() / 1000 + 299.5 }))
        return server.call('POST', `/oauth/v1/token?${new URLSearchParams(await portal.token(code, { client_assertion: assertion }))}`)
      }),
    )
    const { portal, person, server } = await world()
    const client = browser()
    const nonce = 'outer-nonce-0123456789'
    await portal.send(client, person.email, {}, { nonce })
    const code = (await giveSecondStep(kit, person, client)).searchParams.get('duo_code') ?? ''
    const reply = await post(server, 'token', await portal.token(code))
    assert.equal(payloadOf(reply.json.id_token).nonce, nonce)
  })

  const parts = (fields: Readonly<Record<string, string>>, file?: string) => {
    const edge = 'edge-of-the-parts'
    const part = (name: string, value: string, more = '') =>
      `--${edge}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const body = Object.entries(fields).map(([name, value]) => part(name, value))
    const attached = file === undefined ? '' : part('file', file, '; filename="x"')
    return [`${body.join('')}${attached}--${edge}--\r\n`, { 'content-type': `multipart/form-data; boundary=${edge}` }] as const
  }

  test('PHP: both posts in parts, with limits to them', async () => {
    const { portal, server } = await world()
    const assertion = await portal.sign(portal.assertion('health_check', { iat: Math.floor(kit.now().getTime() / 1000) }))
    const [body, type] = parts({ client_id: portal.clientId, client_assertion: assertion })
    assert.equal((await server.call('POST', '/oauth/v1/health_check', body, type)).json.stat, 'OK')
    isRight(
      await redeemedBy(async (one, code, to) => {
        const [whole, kind] = parts(await one.token(code))
        return to.call('POST', '/oauth/v1/token', whole, kind)
      }),
    )
    for (const [one, kind] of [
      parts({ client_id: 'x'.repeat(10_000) }),
      parts({ client_id: 'x' }, 'a file'),
      parts({}),
      ['', type] as const,
    ]) {
      const reply = await server.call('POST', '/oauth/v1/token', one, kind)
      assert.equal(reply.status, 400, reply.text)
      assert.equal(reply.json.error, 'invalid_request')
    }
  })

  test('Java: no client_id with the token, exp an hour ahead, a request without iss and aud, the redirect raw in the outer query', async () => {
    isRight(
      await redeemedBy(
        async (portal, code, server) => {
          const assertion = await portal.sign(portal.assertion('token', { exp: Math.floor(kit.now().getTime() / 1000) + 3600 }))
          return post(server, 'token', await portal.token(code, { client_id: undefined, client_assertion: assertion }))
        },
        { iss: undefined, aud: undefined },
      ),
    )
  })

  test('C#: exp and the flag as text, the address of authorize as aud, and the code in "code"', async () => {
    const exp = () => String(Math.floor(kit.now().getTime() / 1000) + 300)
    const { portal, person, server } = await world()
    const back = await through(kit, portal, person, browser(), {
      exp: exp() as never,
      aud: `https://${portal.host}/oauth/v1/authorize`,
      use_duo_code_attribute: 'false',
    })
    assert.deepEqual([...back.keys()], ['state', 'code'])
    const assertion = await portal.sign(portal.assertion('token', { exp: exp() as never }))
    isRight(await post(server, 'token', await portal.token(back.get('code') ?? '', { client_assertion: assertion })))
  })

  test('an address with a query of its own keeps it', async () => {
    const { portal, person } = await world({ redirectUris: ['https://portal.example/back?tenant=7'] })
    assert.deepEqual([...(await through(kit, portal, person)).keys()], ['tenant', 'state', 'duo_code'])
  })
})

describe('what is refused', () => {
  const invalidGrant = (reply: Awaited<ReturnType<typeof post>>) => {
    assert.equal(reply.status, 400, reply.text)
    assert.deepEqual(Object.keys(reply.json), ['error', 'error_description'])
    assert.equal(reply.json.error, 'invalid_grant')
  }

  test('a code that comes a second time, which the audit says loudly; one of another portal; one with another address; one that is too old', async () => {
    const { site, portal, person, server } = await world()
    const other = await addPortal(kit, site.id)
    const code = async () => (await through(kit, portal, person)).get('duo_code') ?? ''
    const first = await code()
    assert.equal((await post(server, 'token', await portal.token(first))).status, 200)
    invalidGrant(await post(server, 'token', await portal.token(first)))
    const events = kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id)
    assert.ok((await events.execute()).some(({ action }) => action === 'second-factor.code-replayed'))

    const second = await code()
    invalidGrant(await post(server, 'token', await other.token(second)))
    assert.equal((await post(server, 'token', await portal.token(second))).status, 200, 'another portal cannot spoil a code')

    const third = await code()
    invalidGrant(await post(server, 'token', await portal.token(third, { redirect_uri: 'https://portal.example/other' })))
    invalidGrant(await post(server, 'token', await portal.token(third)))

    const fourth = await code()
    kit.pass(61)
    invalidGrant(await post(server, 'token', await portal.token(fourth)))
    invalidGrant(await post(server, 'token', await portal.token('x'.repeat(43))))
  })

  test('a code, once the person is suspended, or the application switched off, in the seconds between', async () => {
    for (const end of ['person', 'application'] as const) {
      const { portal, person, server } = await world()
      const code = (await through(kit, portal, person)).get('duo_code') ?? ''
      const { db } = kit.rooms.store
      if (end === 'person') await db.updateTable('memberships').set({ suspended_at: kit.now() }).where('user_id', '=', person.id).execute()
      else await db.updateTable('applications').set({ is_on: false }).where('id', '=', portal.id).execute()
      const reply = await post(server, 'token', await portal.token(code))
      assert.deepEqual([reply.status, reply.json.error], [400, end === 'person' ? 'invalid_grant' : 'invalid_client'])
    }
  })

  test('an assertion that is used twice, unsigned, weakly signed, expired, too long, for elsewhere, or of somebody else', async () => {
    const { portal, server } = await world()
    const tried = async (assertion: string, more: Record<string, string> = {}) => {
      const fields = { client_id: portal.clientId, client_assertion: assertion, ...more }
      const health = await post(server, 'health_check', fields)
      assert.equal(health.status, 200)
      return health.json
    }
    const right = portal.assertion('health_check')
    assert.equal((await tried(await portal.sign(right))).stat, 'OK')
    const again = await tried(await portal.sign(right))
    assert.deepEqual(Object.keys(again), ['stat', 'code', 'message', 'message_detail', 'timestamp'])
    assert.deepEqual([again.stat, again.code, again.message], ['FAIL', 40002, 'invalid_client'])
    assert.match(again.message_detail, /used before/)

    const seconds = Math.floor(kit.now().getTime() / 1000)
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(portal.assertion('health_check'))).toString('base64url')}.`
    const fresh = (more: object) => portal.sign(portal.assertion('health_check', more as never))
    const wrong: Readonly<Record<string, [string, RegExp]>> = {
      none: [unsigned, /signature/],
      HS256: [await portal.sign(portal.assertion('health_check'), { algorithm: 'HS256' }), /signature/],
      'another secret': [await portal.sign(portal.assertion('health_check'), { secret: 'x'.repeat(40) }), /signature/],
      garbage: ['a.b.c', /signature/],
      expired: [await fresh({ exp: seconds - 61 }), /expired/],
      'without exp': [await fresh({ exp: undefined }), /expired/],
      'too long': [await fresh({ exp: seconds + 3661 }), /one hour/],
      future: [await fresh({ iat: seconds + 61 }), /future/],
      'for token': [await portal.sign(portal.assertion('token')), /aud/],
      'two audiences': [await fresh({ aud: [`https://${portal.host}/oauth/v1/health_check`, 'https://elsewhere'] }), /aud/],
      'another issuer': [await fresh({ iss: 'DIXXXXXXXXXXXXXXXXXX' }), /iss/],
      'without jti': [await fresh({ jti: undefined }), /jti/],
    }
    for (const [name, [assertion, detail]] of Object.entries(wrong)) {
      const json = await tried(assertion)
      assert.equal(json.stat, 'FAIL', name)
      assert.match(json.message_detail, detail, name)
    }
    assert.equal((await tried(await fresh({ exp: seconds - 59 }))).stat, 'OK', 'a clock may be a minute off')
    const unknown = { client_id: 'DI000000000000000000' }
    assert.match((await tried(await fresh({}), unknown)).message_detail, /signature/)
    const twice = await server.call('POST', '/oauth/v1/health_check?client_id=DIother', `client_id=${portal.clientId}`, form)
    assert.deepEqual([twice.status, twice.json.error], [400, 'invalid_request'])
  })

  test('a request that is expired, changed, for elsewhere or wants to be answered elsewhere: a page says so and the browser stays', async () => {
    const { portal, person } = await world()
    const seconds = Math.floor(kit.now().getTime() / 1000)
    const before = await contentsOf(kit, ['throttles'])
    const wrong: Readonly<Record<string, Record<string, unknown>>> = {
      expired: { exp: seconds - 61 },
      'too long': { exp: seconds + 4000 },
      'no time': { exp: undefined },
      'redirect not in the list': { redirect_uri: 'https://evil.example/' },
      'redirect longer': { redirect_uri: `${redirectUri}/` },
      'redirect with a query': { redirect_uri: `${redirectUri}?x=1` },
      'short state': { state: 'x'.repeat(15) },
      'long state': { state: 'x'.repeat(1025) },
      'another client': { client_id: 'DI000000000000000000' },
      'another issuer': { iss: 'DI000000000000000000' },
      'another audience': { aud: 'https://elsewhere.example' },
      'no code': { response_type: 'token' },
      'no openid': { scope: 'email' },
      nobody: { duo_uname: undefined },
    }
    for (const [name, more] of Object.entries(wrong)) {
      const client = browser()
      const reply = await portal.send(client, person.email, more as never)
      assert.equal(reply.status, 400, name)
      assert.equal(reply.headers.location, undefined, name)
      assert.deepEqual([...client.cookies.keys()], [], name)
      assert.ok(!reply.text.includes('evil.example'), name)
    }
    const client = browser()
    for (const how of [{ algorithm: 'HS256' }, { secret: 'x'.repeat(40) }]) {
      const request = await portal.sign(portal.request(person.email), how)
      const reply = await client.call('GET', `/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`)
      assert.deepEqual([reply.status, reply.headers.location], [400, undefined])
    }
    for (const query of ['', 'client_id=x', 'client_id=x&client_id=y&request=z', `request=${'x'.repeat(5000)}`]) {
      const reply = await client.call('GET', `/oauth/v1/authorize?${query}`)
      assert.deepEqual([reply.status, reply.headers.location], [400, undefined], query)
    }
    assert.equal(await contentsOf(kit, ['throttles']), before)
  })

  test('a host name that is not ours, whatever is signed; that of another organization, too', async () => {
    const { site, portal, person } = await world()
    await kit.rooms.store.db
      .updateTable('organizations')
      .set({ host: `own-${site.id.slice(-6)}.example.org` })
      .where('id', '=', site.id)
      .execute()
    const own = `own-${site.id.slice(-6)}.example.org`
    const other = (await world()).portal
    const tried = async (from: Portal, host: string) => {
      const assertion = await from.sign(from.assertion('health_check', { aud: `https://${host}/oauth/v1/health_check` }))
      const client = kit.client()
      const body = new URLSearchParams({ client_id: from.clientId, client_assertion: assertion }).toString()
      const health = (await client.call('POST', '/oauth/v1/health_check', body, { ...form, host })).json.stat
      const request = await from.sign(from.request(person.email, { aud: `https://${host}` }))
      const begun = await client.call('GET', `/oauth/v1/authorize?client_id=${from.clientId}&request=${request}`, undefined, { host })
      return [health, begun.status]
    }
    assert.deepEqual(await tried(portal, 'evil.example'), ['FAIL', 400])
    assert.deepEqual(await tried(portal, 'id.example.org:444'), ['FAIL', 400])
    assert.deepEqual(await tried(portal, own), ['OK', 303])
    assert.deepEqual(await tried(other, own), ['FAIL', 400])
  })

  test('a person who is unknown, of another organization, suspended, or of an organization that is', async () => {
    const { site, portal, person } = await world()
    const stranger = await enrolled(kit, (await kit.site()).id)
    for (const name of ['nobody@example.org', 'nobody', stranger.email]) {
      const reply = await portal.send(browser(), name)
      assert.equal(reply.status, 400, name)
      assert.match(reply.text, /We do not know you/)
    }
    const { db } = kit.rooms.store
    const open = browser()
    assert.equal((await portal.send(open, person.email)).status, 303)
    await db.updateTable('organizations').set({ suspended_at: kit.now() }).where('id', '=', site.id).execute()
    assert.equal((await portal.send(browser(), person.email)).status, 400)
    assert.match((await open.call('GET', '/sign-in')).text, /took too long, or was done already/, 'what hung open ends with it')
  })

  test('a request that is brought twice: its own browser goes on, another one does not', async () => {
    const { portal, person } = await world()
    const request = await portal.sign(portal.request(person.email))
    const path = `/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`
    const [own, other] = [browser(), browser()]
    assert.equal((await own.call('GET', path)).status, 303)
    assert.equal((await own.call('GET', path)).status, 303, 'the page is loaded again')
    const refused = await other.call('GET', path)
    assert.equal(refused.status, 400)
    assert.match(refused.text, /already used/)
    // The last letter of a signature has four bits that mean nothing.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = letters.indexOf(path.at(-1) ?? '')
    for (let bits = 1; bits < 16; bits++)
      assert.equal((await other.call('GET', `${path.slice(0, -1)}${letters[last ^ bits]}`)).status, 400, `${bits}`)
    await giveSecondStep(kit, person, own)
    assert.equal((await own.call('GET', path)).status, 400)
  })

  test('guesses beyond the budget of the person, which all doors share', async () => {
    const { portal, person } = await world()
    const client = browser()
    await portal.send(client, person.email)
    await client.call('GET', '/api/v1/sign-ins/current')
    for (let nth = 0; nth < 5; nth++) assert.equal((await answer(client, { code: kit.wrongCode(person) })).status, 422)
    assert.equal((await answer(client, { code: kit.wrongCode(person) })).status, 429)
    const elsewhere = browser()
    await elsewhere.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    assert.equal((await answer(elsewhere, { code: kit.code(person) })).status, 429)
  })
})

describe('whoever has no authenticator yet', () => {
  const newcomer = async (wish: Parameters<typeof addPortal>[2], policy = {}) => {
    const site = await kit.site({ mode: 'everyone', ...policy })
    const [portal, person, client] = [await addPortal(kit, site.id, wish), await kit.person(site.id), browser()]
    await portal.send(client, person.email)
    return { site, portal, person, client, step: (await client.call('GET', '/api/v1/sign-ins/current')).json }
  }
  const setUp = async (client: Client, person: Person) => {
    person.key = (await client.call('GET', '/api/v1/sign-ins/current')).json.key
    const codes = (await answer(client, { code: kit.code(person) })).json
    assert.equal(codes.step, 'codes')
    return (await answer(client, { saved: true })).json
  }

  test('is not set up by the word of a portal: a code by mail comes first', async () => {
    const { portal, person, client, step } = await newcomer({})
    assert.deepEqual([step.step, step.kinds, step.opens, step.intent], ['answer', ['email'], 'set-up', 'second-factor'])
    await answer(client, { send: 'email' })
    assert.equal((await answer(client, { code: await kit.mailedCode(person.email) })).json.step, 'enroll')
    const done = await setUp(client, person)
    assert.equal(done.step, 'done')
    const back = new URL(done.returnTo)
    const { json } = await post(browser(), 'token', await portal.token(back.searchParams.get('duo_code') ?? ''))
    const context = contextOf(json.id_token)
    assert.deepEqual([context.reason, context.factor], ['user_enrolled', 'passcode'])
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
  })

  test('is set up at once where the application says so', async () => {
    const { person, client, step } = await newcomer({ opensSetUp: true })
    assert.equal(step.step, 'enroll')
    assert.equal((await setUp(client, person)).step, 'done')
  })

  test('is not set up by one organization’s word for the others that they belong to; the provider’s word counts for all of its sites', async () => {
    const { portal, person } = await newcomer({ opensSetUp: true })
    const other = await kit.site({ mode: 'everyone' })
    const membership = {
      organizationId: other.id,
      userId: person.id,
      role: 'user',
      required: false,
      name: person.name,
      hasJoined: true,
    } as const
    await addMembership(kit.rooms.store.db, kit.now(), membership)
    const client = browser()
    await portal.send(client, person.email)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.opens, 'set-up')
    const above = await addPortal(kit, kit.provider.id, { opensSetUp: true })
    await above.send(client, person.email)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'enroll')
  })

  test('after a reset types the mailed code in any case, and asks an administrator where the password came by mail, too', async () => {
    const { site, portal, person } = await newcomer({ opensSetUp: true })
    const { db } = kit.rooms.store
    await db.updateTable('users').set({ set_up_due: true }).where('id', '=', person.id).execute()
    const client = browser()
    await portal.send(client, person.email)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.opens, 'set-up')
    await db.updateTable('users').set({ password_mailed: true }).where('id', '=', person.id).execute()
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'refused')
    assert.ok(site.id)
  })

  test('is refused where two-factor authentication is off; whoever has an authenticator is asked all the same', async () => {
    const { step, site, portal } = await newcomer({ opensSetUp: true }, { enabled: false })
    assert.equal(step.step, 'refused')
    const { db } = kit.rooms.store
    await db.updateTable('policies').set({ enabled: true }).where('organization_id', '=', site.id).execute()
    const person = await enrolled(kit, site.id)
    await db.updateTable('policies').set({ enabled: false }).where('organization_id', '=', site.id).execute()
    assert.ok((await through(kit, portal, person, browser())).get('duo_code'))
  })
})

describe('the sign-in that a portal has asked for', () => {
  test('A21 A23 A33 opens no route that wants a session, before the second step or behind it', async () => {
    const { portal, person } = await world()
    const routes = kit.app.authorities.filter(({ path, who }) => path.startsWith('/api/') && !['anyone', 'sign-in'].includes(String(who)))
    assert.ok(routes.length > 50)
    const tried = async (client: Client) => {
      for (const { method, path } of routes) {
        const filled = path.replaceAll(/:(\w+)/g, () => '01900000-0000-7000-8000-000000000000')
        const reply = await client.call(method, filled, method === 'GET' || method === 'DELETE' ? undefined : {})
        assert.ok(reply.status === 401 || reply.status === 400 || reply.status === 403, `${method} ${path}: ${reply.status}`)
      }
    }
    const client = browser()
    await portal.send(client, person.email)
    await client.call('GET', '/api/v1/sign-ins/current')
    await tried(client)
    assert.ok(!client.cookies.has('__Host-countersign-session'))
    const cookie = client.cookies.get('__Host-countersign-sign-in') ?? ''
    for (const given of [{ password: person.password }, { saved: true }, { choose: 'totp' }, { phone: '+4915123456789' }]) {
      const reply = await answer(client, given)
      assert.equal(reply.json.code, 'step-not-open', JSON.stringify(given))
    }
    const back = await giveSecondStep(kit, person, client)
    client.cookies.set('__Host-countersign-sign-in', cookie)
    await tried(client)
    assert.equal((await answer(client, { code: kit.code(person) })).status, 401)
    // The code is the portal's: in the place of a cookie it is worth nothing.
    for (const name of ['session', 'sign-in']) client.cookies.set(`__Host-countersign-${name}`, back.searchParams.get('duo_code') ?? '')
    await tried(client)
  })

  test('lasts ten minutes, is answered once, and leaves a session of the same browser as it was', async () => {
    const { portal, person } = await world()
    const client = await kit.signIn(person, browser())
    const session = client.cookies.get('__Host-countersign-session')
    await portal.send(client, person.email)
    await giveSecondStep(kit, person, client)
    assert.equal(client.cookies.get('__Host-countersign-session'), session)
    assert.equal((await client.call('GET', '/api/v1/session')).status, 200)
    await portal.send(client, person.email)
    kit.pass(601)
    const page = await client.call('GET', '/sign-in')
    assert.match(page.text, /took too long, or was done already/)
    assert.ok(!/type="password"/.test(page.text))
  })

  test('ends with a no, which the portal is told where it wants to be', async () => {
    for (const returnsRefusals of [false, true]) {
      const { portal, person } = await world({ returnsRefusals })
      const client = browser()
      await portal.send(client, person.email, { state: 'state-0123456789-0123' })
      const reply = await client.submit('/sign-in', '/sign-in/cancel', {})
      assert.equal(
        reply.headers.location,
        returnsRefusals
          ? `${redirectUri}?error=access_denied&error_description=The+person+has+cancelled.&state=state-0123456789-0123`
          : '/second-factor/cancelled',
      )
      const events = await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id).execute()
      assert.ok(events.some(({ action }) => action === 'second-factor.declined'))
    }
  })

  test('writes no code, no assertion and no request into the log', async () => {
    const { portal, person, server } = await world()
    const back = await through(kit, portal, person, browser())
    const fields = await portal.token(back.get('duo_code') ?? '')
    await server.call('POST', `/oauth/v1/token?${new URLSearchParams(fields)}`)
    const log = lines.join('')
    assert.match(log, /"path":"\/oauth\/v1\/token"/)
    for (const secret of [fields.code, fields.client_assertion, portal.secret]) assert.ok(secret && !log.includes(secret))
    assert.ok(!(await contentsOf(kit)).includes(portal.secret))
  })
})
