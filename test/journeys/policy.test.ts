import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addMembership } from '#store/people.ts'
import { answer, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** Makes somebody a member of a further organization. */
const join = (organizationId: string, { id: userId, name }: Person) =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId, role: 'user', required: false, name, hasJoined: true })

/** The last part of the newest address of this kind that was mailed. */
async function mailed(email: string, kind: 'invitation' | 'reset-password'): Promise<string> {
  const pattern = new RegExp(`/${kind}/([A-Za-z0-9_-]{43})`)
  return (await kit.mailsTo(email)).map(({ text }) => pattern.exec(text)?.[1]).find((token) => token !== undefined) ?? ''
}

/** Turns the clock to so many seconds after a code of apps has changed. */
const secondsIntoCode = (seconds: number) => kit.pass(60 + seconds - ((kit.now().getTime() / 1000) % 30))

test('where one of their organizations is strict about codes, a person has the current code and ten seconds for the one before', async () => {
  const person = await kit.person((await kit.site({ mode: 'everyone' })).id)
  await kit.signIn(person)
  const tryCode = async (stepsAway: number) => {
    const client = kit.client()
    await start(client, person)
    return answer(client, { code: kit.code(person, stepsAway) })
  }
  secondsIntoCode(15)
  assert.equal((await tryCode(-1)).json.step, 'done')

  const strict = await kit.site({ mode: 'opt-in', strictTotp: true })
  await join(strict.id, person)
  secondsIntoCode(15)
  refused(await tryCode(-1), 422, 'code-not-accepted', { reason: 'late' })
  refused(await tryCode(1), 422, 'code-not-accepted', { reason: 'clock', clockOffBySeconds: 30 })
  assert.equal((await tryCode(0)).json.step, 'done')
  secondsIntoCode(9)
  assert.equal((await tryCode(-1)).json.step, 'done')

  await kit.rooms.store.db.updateTable('policies').set({ enabled: false }).where('organization_id', '=', strict.id).execute()
  secondsIntoCode(15)
  assert.equal((await tryCode(1)).json.step, 'done', 'switched off, its rules rest')
})

test('an organization raises the least length of passwords for whoever belongs to it, also while its two-factor authentication is off', async () => {
  const password = 'seventeen letters'
  const site = await kit.site({ enabled: false, leastPasswordLength: 20 })
  const person = await kit.person((await kit.site({ mode: 'everyone' })).id)
  const reset = async (next: string) => {
    await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
    const token = await mailed(person.email, 'reset-password')
    kit.pass(600)
    return kit.client().call('POST', '/api/v1/password-resets/complete', { token, password: next })
  }
  assert.equal((await reset('wnrq gx7')).status, 204, 'eight where the second step is always asked')
  await join(site.id, person)
  refused(await reset(password), 422, 'password-too-weak', { reason: 'too-short', minLength: 20 })
  assert.equal((await reset(`${password} and more`)).status, 204)

  const owner = await kit.signIn(kit.provider.owner)
  const invited = { name: 'Ina Invited', email: 'long-password@example.org', role: 'user' }
  assert.equal((await owner.call('POST', `/api/v1/organizations/${site.id}/users`, invited)).status, 201)
  const token = await mailed(invited.email, 'invitation')
  assert.match((await kit.client().call('GET', `/invitation/${token}`)).text, /20 characters/)
  refused(await kit.client().call('POST', '/api/v1/invitations/accept', { token, password }), 422, 'password-too-weak', { minLength: 20 })
})
