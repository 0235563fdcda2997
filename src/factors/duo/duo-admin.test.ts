import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { diagnose } from '#domain/duo.ts'
import { type DuoSimulator, start } from '../../../simulators/duo.ts'
import { outsideTo } from '../../../test/machine/outside.ts'
import { Failure } from '../outside.ts'
import { type DuoAdmin, duoAdmin } from './duo-admin.ts'

let duo: DuoSimulator
let client: DuoAdmin
const clientOf = ({ id, secret }: { id: string; secret: string }) =>
  duoAdmin({ ask: outsideTo(duo.ca), now: () => new Date(), application: { host: duo.host, key: id, secret } })

before(async () => {
  duo = await start()
  client = clientOf(duo.account.addApplication('adminapi', 'Doctor'))
})
after(() => duo.stop())

const everybody = async () => (await Array.fromAsync(client.pages())).flat()

describe('the Admin API', () => {
  test('gives all users, page by page, with their aliases', async () => {
    for (let number = 0; number < 650; number++) duo.account.addUser(`user${number}`, { aliases: [`user${number}@acme.example`] })
    const pages = await Array.fromAsync(client.pages())
    assert.deepEqual(
      pages.map(({ length }) => length),
      [300, 300, 50],
    )
    const users = pages.flat()
    assert.equal(new Set(users.map(({ key }) => key)).size, 650)
    assert.deepEqual(users[0]?.aliases, ['user0@acme.example'])
    assert.equal((await client.find('USER7@acme.example'))?.name, 'user7')
    assert.equal(await client.find('nobody@acme.example'), undefined)
  })

  test('takes an alias in the first free place, once, and never that of somebody else', async () => {
    const user = duo.account.addUser('ana', { aliases: ['a1', undefined, 'a3'] })
    assert.equal(await client.addAlias(user.id, ' Ana@Acme.example '), 'added')
    assert.deepEqual(user.aliases, ['a1', 'ana@acme.example', 'a3'])
    assert.equal(await client.addAlias(user.id, 'ana@acme.example'), 'there-already')
    assert.equal(await client.addAlias(user.id, 'ANA'), 'there-already', 'the name itself')
    assert.equal(await client.addAlias(user.id, 'user1@acme.example'), 'taken')
    duo.account.keepsAliasesApart = false
    assert.equal(await client.addAlias(user.id, 'user1@acme.example'), 'taken', 'even if Duo should not refuse it')
    duo.account.keepsAliasesApart = true
    assert.equal(await client.addAlias(user.id, 'a4'), 'added')
    assert.equal(await client.addAlias(user.id, 'a5'), 'no-room')
    assert.deepEqual(user.aliases, ['a1', 'ana@acme.example', 'a3', 'a4'])
  })

  test('takes somebody out, and is content when they are out already', async () => {
    const user = duo.account.addUser('gone')
    await client.remove(user.id)
    await client.remove(user.id)
    assert.equal(duo.account.find('gone'), undefined)
  })

  test('with its findings cures: the missing aliases that the doctor names are added, and the next look finds none', async () => {
    duo.account.addUser('cure1', { email: 'cure.one@acme.example' })
    duo.account.addUser('cure2', { email: 'Cure.Two@acme.example' })
    const people = ['cure.one@acme.example', 'cure.two@acme.example', 'unknown@acme.example'].map((name) => ({ id: name, name }))
    const none = { prompt: 'none', auth: 'none' } as const
    const before = diagnose(people, await everybody(), none)
    for (const each of before.findings) if (each.finding === 'alias-missing') await client.addAlias(each.user.key, each.person.name)
    const after = diagnose(people, await everybody(), none)
    const found = ({ findings }: typeof before) => findings.map(({ finding }) => finding)
    assert.deepEqual(
      [found(before), found(after)],
      [
        ['alias-missing', 'alias-missing', 'unknown'],
        ['known', 'known', 'unknown'],
      ],
    )
  })

  test('without the right to write says so, and without the right to read as well', async () => {
    const reader = clientOf(duo.account.addApplication('adminapi', 'Reader', { rights: { read: true, write: false } }))
    const user = duo.account.addUser('reader')
    await assert.rejects(reader.addAlias(user.id, 'x@acme.example'), (error) => error instanceof Failure && error.reason === 'permission')
    assert.deepEqual(user.aliases, [])
    const blind = clientOf(duo.account.addApplication('adminapi', 'Blind', { rights: { read: false, write: false } }))
    await assert.rejects(blind.find('ana'), (error) => error instanceof Failure && error.reason === 'permission')
  })

  test('that is asked too often, or breaks off in the middle, gives no half list', async () => {
    for (const fault of ['rate', 'half', 'html'] as const) {
      const pages = client.pages()
      await pages.next()
      duo.misbehave(fault, { on: '/admin/v1/users' })
      await assert.rejects(pages.next(), Failure)
      duo.behave()
    }
  })

  test('whose pages lead backwards or never end is left', async () => {
    let asked = 0
    const looping = duoAdmin({
      ask: async () => {
        asked++
        return { status: 200, headers: {}, text: '{"stat":"OK","response":[],"metadata":{"next_offset":0}}' }
      },
      now: () => new Date(),
      application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
    })
    await assert.rejects(Array.fromAsync(looping.pages()), (error) => error instanceof Failure && error.reason === 'reply')
    assert.equal(asked, 1)
  })
})
