import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DuoUser, diagnose, duoHost, duoId, duoName, duoSecret, simpleName } from './duo.ts'

describe('what is pasted for Duo', () => {
  test('is freed of spaces, scheme and capitals', () => {
    assert.equal(duoHost('  https://API-1234abcd.duosecurity.com/ '), 'api-1234abcd.duosecurity.com')
    assert.equal(duoId(' DIABCDEFGHIJ01234567\n'), 'DIABCDEFGHIJ01234567')
    assert.equal(duoSecret(` ${'a1B'.repeat(13)}x `), `${'a1B'.repeat(13)}x`)
  })

  test('A68 a host that is not Duo’s is refused, however it is spelled, unless the operator has listed it', () => {
    const refused = [
      'localhost',
      '127.0.0.1',
      '169.254.169.254',
      'duosecurity.com',
      'api-1234.duosecurity.com.evil.example',
      'api-1234.evil.example',
      'evil.example/api-1234.duosecurity.com',
      'api-1234.duosecurity.com@evil.example',
      'api-1234.duosecurity.com:8443',
      'api-1234.duosecurity.com/admin/v1',
      'api-1234.duosecurity.com?x=y',
      'api-1234.duosecurity.com#',
      'api-1234.duosecurity.com.',
      'api-.duosecurity.com',
      'admin-1234.duosecurity.com',
      'http://api-1234.duosecurity.com',
      'api-1234\n.duosecurity.com',
      'api-１234.duosecurity.com',
      '',
    ]
    for (const host of refused) assert.equal(duoHost(host), undefined, host)
    assert.equal(duoHost('localhost:4431', ['localhost:4431']), 'localhost:4431')
    assert.equal(duoHost('localhost:4432', ['localhost:4431']), undefined)
    assert.equal(duoHost('localhost:4432', ['localhost']), 'localhost:4432')
    assert.equal(duoHost('a b/c', ['a b/c']), undefined, 'a list cannot make a path of a host')
  })

  test('with a wrong length is not sent anywhere', () => {
    for (const id of ['', 'DI', `DI${'A'.repeat(19)}`, 'diabcdefghij01234567']) assert.equal(duoId(id), undefined)
    for (const secret of ['', 'a'.repeat(39), 'a'.repeat(41), `${'a'.repeat(39)}-`]) assert.equal(duoSecret(secret), undefined)
  })

  test('names have one form', () => {
    assert.equal(duoName('  Ana@Acme.Example '), 'ana@acme.example')
    assert.equal(duoName('Zoe\u0308@x.example'), 'zo\u00eb@x.example')
  })
})

describe('the key doctor', () => {
  const person = (name: string) => ({ id: `id of ${name}`, name })
  const user = (name: string, more: Partial<DuoUser> = {}): DuoUser => ({
    key: `DU${name}`,
    name,
    aliases: [],
    email: '',
    isEnrolled: true,
    status: 'active',
    ...more,
  })
  const none = { prompt: 'none', auth: 'none' } as const

  test('says who is known, whose alias is missing, who is unknown, and where nobody can say', () => {
    const ana = user('ana', { email: 'Ana@x.example' })
    const full = user('full', { email: 'full@x.example', aliases: ['a', 'b', 'c', 'd'] })
    const { findings, merges } = diagnose(
      ['bob@x.example', 'ana@x.example', 'cid@x.example', 'full@x.example', 'dee@x.example', 'eve@x.example'].map(person),
      [
        user('bob', { aliases: ['Bob@X.example'] }),
        ana,
        full,
        user('dee@one.example'),
        user('dee@two.example'),
        user('corp\\eve', { email: 'other@x.example' }),
      ],
      none,
    )
    assert.deepEqual(
      findings.map(({ finding }) => finding),
      ['known', 'alias-missing', 'unknown', 'no-room', 'ambiguous', 'ambiguous'],
    )
    assert.deepEqual(merges, [])
  })

  test('A67 never takes a user of the same bare name for the person: an alias would let them approve for somebody else', () => {
    const { findings } = diagnose([person('jane@b.example')], [user('jane@a.example', { email: 'jane@a.example' }), user('jane')], none)
    assert.deepEqual(
      findings.map(({ finding }) => finding),
      ['ambiguous'],
    )
  })

  test('A67 refuses "Simple" where it would merge two people, and says whom', () => {
    const people = ['ana@x.example', 'ana@y.example', 'ACME\\ana', 'bob@x.example'].map(person)
    assert.deepEqual(
      people.slice(0, 3).map(({ name }) => simpleName(name)),
      ['ana', 'ana', 'ana'],
    )
    const { merges } = diagnose(people, [], { prompt: 'simple', auth: 'simple' })
    assert.deepEqual(merges, [{ people: people.slice(0, 3), because: { bareName: 'ana' } }])
    assert.deepEqual(diagnose(people, [], none).merges, [], 'with names as they are nobody is merged')
    assert.equal(diagnose(people, [], { prompt: 'unknown', auth: 'none' }).merges.length, 1, 'what nobody knows may be "Simple"')
  })

  test('A67 refuses two people whose names lead to one user of Duo, whatever the normalization', () => {
    const people = ['ana@x.example', 'ana.b@x.example'].map(person)
    const { merges } = diagnose(people, [user('ana', { aliases: ['ana@x.example', 'ana.b@x.example'] })], none)
    assert.deepEqual(merges, [{ people, because: { userKey: 'DUana' } }])
  })

  test('says when the two applications read names differently', () => {
    assert.equal(diagnose([], [], { prompt: 'none', auth: 'simple' }).isAgreed, false)
    assert.equal(diagnose([], [], { prompt: 'simple', auth: 'simple' }).isAgreed, true)
    assert.equal(diagnose([], [], { prompt: 'unknown', auth: 'simple' }).isAgreed, true)
  })
})
