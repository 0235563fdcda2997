import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { DuoPending } from '#domain/duo.ts'
import { type DuoFault, type DuoSimulator, start } from '../../../simulators/duo.ts'
import { outsideTo, throughPrompt } from '../../../test/machine/outside.ts'
import { Failure } from '../outside.ts'
import { type DuoPrompt, duoPrompt } from './duo-prompt.ts'

const redirectUri = 'https://portal.example/sign-in/duo?site=acme'
let duo: DuoSimulator
let bob: { prompt: DuoPrompt; name: string; key: string }
const clock = { offset: 0, now: () => new Date(Date.now() + clock.offset * 1000) }

/** Our client with the keys of an application, which may be wrong. */
const promptOf = ({ id, secret }: { id: string; secret: string }, host = duo.host) =>
  duoPrompt({ ask: outsideTo(duo.ca), now: clock.now, application: { host, key: id, secret }, redirectUri })

before(async () => {
  duo = await start()
  const user = duo.account.addUser('bob@acme.example')
  duo.habit(user, 'approve')
  bob = { prompt: promptOf(duo.account.addApplication('websdk', 'Portal')), name: user.username, key: user.id }
})
after(() => duo.stop())

/** Goes to Duo and comes back, as a browser does. */
async function away({ prompt, name }: { prompt: DuoPrompt; name: string } = bob, userKey?: string) {
  const { url, pending } = await prompt.begin(name, userKey)
  return { returned: await throughPrompt(outsideTo(duo.ca), url), pending }
}

/** What an exchange comes to while Duo misbehaves once. */
async function outcome(fault: DuoFault, pendingOf = (pending: DuoPending) => pending): Promise<string> {
  const { returned, pending } = await away()
  duo.misbehave(fault, { on: '/token', times: 1 })
  return bob.prompt.finish(returned, pendingOf(pending)).then(
    (answer) => answer.answer,
    (error) => (error instanceof Failure ? `failure ${error.reason}` : `threw ${error}`),
  )
}

const failure =
  (reason: string, detail = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof Failure, String(error))
    assert.equal(error.reason, reason)
    assert.match(error.detail ?? '', detail)
    return true
  }

describe('the Universal Prompt', () => {
  test('lets in whom Duo has let in, and tells the audit how', async () => {
    assert.ok(Math.abs(await bob.prompt.health()) <= 1)
    const { returned, pending } = await away()
    assert.deepEqual(Object.keys(returned).sort(), ['duo_code', 'site', 'state'], 'the query of our own address stays')
    const answer = await bob.prompt.finish(returned, pending)
    assert.ok(answer.answer === 'passed')
    assert.deepEqual([answer.userKey, answer.factor, answer.reason, answer.isSpared], [bob.key, 'duo_push', 'user_approved', false])
    assert.match(answer.txid, /^[0-9a-f-]{36}$/)
  })

  test('trap 4: the name is sent in lower case without spaces, and that same text is expected back', async () => {
    const { url, pending } = await bob.prompt.begin('  Bob@ACME.example ')
    assert.equal(pending.userName, 'bob@acme.example')
    const returned = await throughPrompt(outsideTo(duo.ca), url)
    assert.equal((await bob.prompt.finish(returned, pending)).answer, 'passed')
  })

  test('finds a person by an alias, and knows Duo’s own user behind it', async () => {
    const user = duo.account.addUser('dee', { aliases: ['dee@acme.example'] })
    duo.habit(user, 'approve')
    const { returned, pending } = await away({ ...bob, name: 'Dee@acme.example' })
    const answer = await bob.prompt.finish(returned, pending)
    assert.deepEqual(answer.answer === 'passed' && answer.userKey, user.id)
  })

  test('A64 (trap 5) a return with a wrong, missing, reused or other person’s state is refused before Duo is asked', async () => {
    const one = await away()
    const other = await away()
    const asked = duo.asked.length
    for (const state of [undefined, '', 'x'.repeat(43), other.returned.state, one.returned.state?.toUpperCase()]) {
      const { state: _, ...rest } = one.returned
      const answer = await bob.prompt.finish(state === undefined ? rest : { ...rest, state }, one.pending)
      assert.deepEqual(answer, { answer: 'start-again', because: 'state' })
    }
    assert.equal(duo.asked.length, asked, 'no code was spent')
    assert.equal((await bob.prompt.finish(one.returned, one.pending)).answer, 'passed')
  })

  test('A64 a code is good once, and only in the sign-in it was given for', async () => {
    const one = await away()
    const other = await away()
    assert.equal((await bob.prompt.finish(one.returned, one.pending)).answer, 'passed')
    assert.deepEqual(await bob.prompt.finish(one.returned, one.pending), { answer: 'start-again', because: 'code' })
    const stolen = { ...one.returned, duo_code: other.returned.duo_code ?? '' }
    await assert.rejects(bob.prompt.finish(stolen, one.pending), failure('reply', /nonce/), 'of another sign-in of the same person')
    const foreign = promptOf(duo.account.addApplication('websdk', 'Another portal'))
    const third = await away()
    assert.deepEqual(
      await foreign.finish(third.returned, third.pending),
      { answer: 'start-again', because: 'code' },
      'of another application',
    )
  })

  test('A64 a token with a changed algorithm, signature, issuer, audience, time, nonce or name is refused', async () => {
    const faults: readonly DuoFault[] = [
      'alg-none',
      'alg-hs256',
      'other-secret',
      'wrong-issuer',
      'wrong-audience',
      'many-audiences',
      'expired',
      'not-yet',
      'no-expiry',
      'issued-in-future',
      'old-sign-in',
      'wrong-nonce',
      'no-nonce',
      'wrong-user',
      'no-user',
      'no-context',
      'no-key',
      'not-bearer',
      'not-a-token',
    ]
    for (const fault of faults) assert.equal(await outcome(fault), 'failure reply', fault)
  })

  test('A64 a return that comes too late is refused', async () => {
    const { returned, pending } = await away()
    assert.deepEqual(await bob.prompt.finish(returned, { ...pending, startedAt: pending.startedAt - 601 }), {
      answer: 'start-again',
      because: 'expired',
    })
  })

  test('A65 (trap 1) a token that is signed and says anything but "allow" lets nobody in', async () => {
    assert.equal(await outcome('result-deny'), 'denied')
    assert.equal(await outcome('result-fraud'), 'denied')
    assert.equal(await outcome('result-unknown'), 'denied', '"Allow" is not "allow"')
    assert.equal(await outcome('no-result'), 'failure reply')
  })

  test('A66 nothing that goes wrong at the exchange lets anybody in, and each is told apart', async () => {
    const expected: Partial<Record<DuoFault, string>> = {
      hang: 'failure timeout',
      stall: 'failure timeout',
      reset: 'failure network',
      half: 'failure network',
      huge: 'failure reply',
      html: 'failure outage',
      'html-ok': 'failure not-it',
      empty: 'failure not-it',
      broken: 'failure not-it',
      redirect: 'failure not-it',
      rate: 'failure rate',
      internal: 'failure outage',
      unavailable: 'failure outage',
      slow: 'passed',
    }
    // At once: the slow ones take their time together.
    const outcomes = await Promise.all(
      Object.keys(expected).map(async (fault) => {
        const name = `${fault}@acme.example`
        duo.habit(duo.account.addUser(name), 'approve')
        const { returned, pending } = await away({ ...bob, name })
        return { fault: fault as DuoFault, finish: () => bob.prompt.finish(returned, pending) }
      }),
    )
    const seen: Record<string, string> = {}
    const running: Promise<void>[] = []
    for (const { fault, finish } of outcomes) {
      const asked = duo.asked.length
      duo.misbehave(fault, { on: '/token', times: 1, seconds: 1 })
      running.push(
        finish()
          .then(({ answer }) => answer)
          .catch((error) => (error instanceof Failure ? `failure ${error.reason}` : String(error)))
          .then((word) => {
            seen[fault] = word
          }),
      )
      while (duo.asked.length === asked) await new Promise((done) => setTimeout(done, 5))
    }
    await Promise.all(running)
    assert.deepEqual(seen, expected)
  })

  test('A66 the health check tells an outage from a mistake in the set-up (trap 3)', async () => {
    const application = duo.account.addApplication('websdk', 'Portal')
    const health = (each: { id: string; secret: string }, host?: string) => promptOf(each, host).health()
    await assert.rejects(health({ ...application, secret: 'x'.repeat(40) }), failure('secret', /Failed to verify signature/))
    await assert.rejects(health({ ...application, id: `DI${'X'.repeat(18)}` }), failure('application'))
    const auth = duo.account.addApplication('authapi', 'Portal')
    await assert.rejects(health(auth), failure('application'))
    for (const offset of [3700, -3700]) {
      clock.offset = offset
      await assert.rejects(health(application), failure('clock'))
    }
    clock.offset = 0
    await assert.rejects(health(application, 'api-nowhere.duosecurity.invalid'), failure('host'))
    await assert.rejects(health(application, 'localhost:1'), failure('network'))
    for (const certificate of ['other-host', 'expired'] as const) {
      const stranger = await start({ certificate })
      await assert.rejects(
        duoPrompt({
          ask: outsideTo(stranger.ca),
          now: clock.now,
          application: { host: stranger.host, key: application.id, secret: application.secret },
          redirectUri,
        }).health(),
        failure('certificate'),
      )
      await stranger.stop()
    }
    const outage = await promptOf(application, 'localhost:1')
      .health()
      .catch((error: Failure) => error.isOutage)
    const mistake = await health({ ...application, secret: 'x'.repeat(40) }).catch((error: Failure) => error.isOutage)
    assert.deepEqual([outage, mistake], [true, false], 'only an outage may be answered with another authenticator')
  })

  test('A66 a health check that goes well is no promise: the exchange still has to', async () => {
    await bob.prompt.health()
    assert.equal(await outcome('reset'), 'failure network')
  })

  test('A67 (trap 7) with a normalizing application B’s approval never admits A', async () => {
    const { prompt } = { prompt: promptOf(duo.account.addApplication('websdk', 'Portal', { normalization: 'simple' })) }
    const merged = duo.account.addUser('jane')
    const own = duo.account.addUser('somebody-else')
    duo.habit(merged, 'approve')
    const { returned, pending } = await away({ prompt, name: 'jane@b.example' }, own.id)
    assert.deepEqual(await prompt.finish(returned, pending), { answer: 'other-user', userKey: merged.id, expectedKey: own.id })
    const { returned: back, pending: kept } = await away({ prompt, name: 'jane@a.example' }, merged.id)
    assert.equal((await prompt.finish(back, kept)).answer, 'passed')
    const swapped = await away(bob, bob.key)
    duo.misbehave('other-key', { on: '/token', times: 1 })
    assert.equal((await bob.prompt.finish(swapped.returned, swapped.pending)).answer, 'other-user')
  })

  test('A70 whom Duo lets in without asking has given no second step', async () => {
    duo.account.addUser('free@acme.example', { status: 'bypass' })
    const { returned, pending } = await away({ ...bob, name: 'free@acme.example' })
    const answer = await bob.prompt.finish(returned, pending)
    assert.deepEqual(answer.answer === 'passed' && answer.isSpared, true)
    const open = promptOf(duo.account.addApplication('websdk', 'Portal', { newUsers: 'allow' }))
    const unknown = await away({ prompt: open, name: 'unknown@acme.example' })
    const letIn = await open.finish(unknown.returned, unknown.pending)
    assert.deepEqual(letIn.answer === 'passed' && letIn.isSpared, true)
  })

  test('an error that Duo reports in the address ends the attempt', async () => {
    const { returned, pending } = await away()
    const answer = await bob.prompt.finish({ state: returned.state ?? '', error: 'access_denied', error_description: '<b>no</b>' }, pending)
    assert.deepEqual(answer, { answer: 'start-again', because: 'error' })
  })

  test('what is kept holds neither the secret nor the state itself', async () => {
    const { url, pending } = await bob.prompt.begin(bob.name)
    const claims = JSON.parse(Buffer.from((new URL(url).searchParams.get('request') ?? '').split('.')[1] ?? '', 'base64url').toString())
    assert.ok(claims.state.length >= 22 && claims.nonce === pending.nonce)
    assert.ok(!JSON.stringify(pending).includes(claims.state))
  })
})
