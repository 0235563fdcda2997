import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { diagnose } from '#domain/duo.ts'
import type { Application } from '../../../simulators/duo/account.ts'
import { type DuoSimulator, start } from '../../../simulators/duo.ts'
import { outsideTo } from '../../../test/machine/outside.ts'
import { Failure } from '../outside.ts'
import { duoAdmin } from './duo-admin.ts'
import { duoAuth } from './duo-auth.ts'
import { addMissingAliases, duoNormalization, duoStandings } from './duo-doctor.ts'

let duo: DuoSimulator
const optionsOf = ({ id, secret }: Application) => ({
  ask: outsideTo(duo.ca),
  now: () => new Date(),
  application: { host: duo.host, key: id, secret },
})
const authWith = (more: Partial<Application>) => duoAuth(optionsOf(duo.account.addApplication('authapi', 'Portal', more)))
const adminWith = (more: Partial<Application> = {}) => duoAdmin(optionsOf(duo.account.addApplication('adminapi', 'Doctor', more)))
const people = (...names: string[]) => names.map((name) => ({ id: name, name }))

before(async () => {
  duo = await start()
})
after(() => duo.stop())

describe('the key doctor at Duo', () => {
  test('finds out how an application reads names, without a phone ringing', async () => {
    duo.account.addUser('ana')
    const ana = await adminWith().find('ana')
    assert.ok(ana)
    const pushes = duo.account.pushes.length
    const users = duo.account.users.length
    for (const newUsers of ['enroll', 'deny', 'allow'] as const) {
      assert.equal(await duoNormalization(authWith({ normalization: 'simple', newUsers }), ana), 'simple', newUsers)
      assert.equal(await duoNormalization(authWith({ normalization: 'none', newUsers }), ana), 'none', newUsers)
    }
    assert.equal(await duoNormalization(authWith({}), { ...ana, isEnrolled: false }), 'unknown')
    assert.equal(await duoNormalization(authWith({}), { ...ana, status: 'bypass' }), 'unknown')
    assert.deepEqual([duo.account.pushes.length, duo.account.users.length], [pushes, users])
  })

  test('says of each person, one after another, whether Duo knows them', async () => {
    duo.account.addUser('known@acme.example')
    duo.account.addUser('bare@acme.example', { phones: [] })
    duo.account.addUser('free@acme.example', { status: 'bypass' })
    const asked = people('Known@acme.example', 'bare@acme.example', 'free@acme.example', 'unknown@acme.example')
    const said = await Array.fromAsync(duoStandings(authWith({}), asked))
    assert.deepEqual(
      said.map(({ standing }) => standing),
      ['known', 'not-enrolled', 'unsure', 'not-enrolled'],
    )
    const first = duoStandings(authWith({}), asked)
    assert.equal((await first.next()).value?.standing, 'known')
    duo.misbehave('rate', { on: '/preauth', times: 1 })
    await assert.rejects(first.next(), (error) => error instanceof Failure && error.reason === 'rate')
  })

  test('adds the missing aliases with a result for each person, and leaves the others alone', async () => {
    duo.account.addUser('one', { email: 'one@doc.example' })
    duo.account.addUser('two', { email: 'two@doc.example' })
    const gone = duo.account.addUser('three', { email: 'three@doc.example' })
    const admin = adminWith()
    const users = (await Array.fromAsync(admin.pages())).flat()
    const none = { prompt: 'none', auth: 'none' } as const
    const { findings } = diagnose(people('one@doc.example', 'two@doc.example', 'three@doc.example', 'nobody@doc.example'), users, none)
    duo.account.users.splice(duo.account.users.indexOf(gone), 1)
    duo.account.addUser('taker', { aliases: ['two@doc.example'] })
    const cures = await Array.fromAsync(addMissingAliases(admin, findings))
    assert.deepEqual(
      cures.map(({ person, cure }) => [person.name, cure]),
      [
        ['one@doc.example', 'added'],
        ['two@doc.example', 'taken'],
        ['three@doc.example', 'failed'],
      ],
    )
    assert.deepEqual(duo.account.find('one@doc.example')?.username, 'one')
  })

  test('ends at keys that may not write, and when Duo is away', async () => {
    duo.account.addUser('four', { email: 'four@doc.example' })
    const reader = adminWith({ rights: { read: true, write: false } })
    const users = (await Array.fromAsync(reader.pages())).flat()
    const { findings } = diagnose(people('four@doc.example'), users, { prompt: 'none', auth: 'none' })
    await assert.rejects(
      Array.fromAsync(addMissingAliases(reader, findings)),
      (error) => error instanceof Failure && error.reason === 'permission',
    )
    duo.misbehave('html', { on: '/admin/' })
    await assert.rejects(Array.fromAsync(addMissingAliases(reader, findings)), (error) => error instanceof Failure && error.isOutage)
    duo.behave()
  })
})
