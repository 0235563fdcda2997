import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type AuthAnvilFault, type AuthAnvilSimulator, answerFaults, start } from '../../../simulators/authanvil.ts'
import { outsideTo } from '../../../test/machine/outside.ts'
import { type Ask, Failure } from '../outside.ts'
import { type AuthAnvilAttempt, authAnvil } from './authanvil.ts'
import { readWsdl, type Sas } from './wsdl.ts'
import { readXml } from './xml.ts'

let server: AuthAnvilSimulator
const running: AuthAnvilSimulator[] = []
const serverWith = async (...options: Parameters<typeof start>) => {
  const started = await start(...options)
  running.push(started)
  return started
}
const clientOf = ({ sasUrl, ca }: AuthAnvilSimulator, siteId = 1) => authAnvil({ ask: outsideTo(ca), url: sasUrl, siteId })
const attempt = (userName: string, password: string, more: Partial<AuthAnvilAttempt> = {}): AuthAnvilAttempt => ({
  userName,
  password,
  pin: '1111',
  pinOrder: 'before',
  ...more,
})
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    (answer) => answer,
    (error) => (error instanceof Failure ? error.reason : `threw ${error}`),
  )

before(async () => {
  server = await serverWith()
})
after(() => Promise.all(running.map(({ stop }) => stop())))

describe('AuthAnvil', () => {
  test('trap 6: is asked in its own namespace, spelling, order and SOAP version, whichever they are', async () => {
    for (const namespace of ['http://tempuri.org/', 'http://scorpionsoft.example/AuthAnvil', 'urn:sas', 'http://x.example/?a=1&b=2']) {
      for (const spelling of ['Tokentype', 'TokenType'] as const) {
        for (const versions of [['1.1', '1.2'], ['1.2'], ['1.1']] as const) {
          const each = await serverWith({ namespace, spelling, versions })
          each.addUser({ name: 'ana@acme.example', passwords: ['123456'] })
          const client = clientOf(each)
          const sas = await client.discover()
          assert.deepEqual([sas.namespace, sas.soap, sas.authenticate.elements[2]?.name], [namespace, versions[0], spelling])
          assert.equal(await client.alive(sas), '5.6.0 (simulated)')
          assert.deepEqual(await client.authenticate(sas, attempt('ana@acme.example', '123456')), { answer: 'right', sent: 1 })
          assert.deepEqual(await client.authenticate(sas, attempt('ana@acme.example', '123456')), { answer: 'wrong', sent: 1 }, 'once')
          assert.equal(each.calls.at(-1)?.soap, versions[0])
          await each.stop()
        }
      }
    }
  })

  test('whose description is kept as JSON is asked without reading it again', async () => {
    const client = clientOf(server)
    const sas: Sas = JSON.parse(JSON.stringify(await client.discover()))
    const asked = server.asked.length
    assert.deepEqual(await client.authenticate(sas, attempt('nobody@acme.example', '123456')), { answer: 'wrong', sent: 1 })
    assert.equal(server.asked.length, asked + 1)
  })

  test('with another spelling than the WSDL’s would hear a zero, which is why it is discovered', async () => {
    const each = await serverWith({ spelling: 'TokenType' })
    each.addUser({ name: 'ana', passwords: ['123456'] })
    const client = clientOf(each)
    const sas = await client.discover()
    const misspelled: Sas = {
      ...sas,
      authenticate: {
        ...sas.authenticate,
        elements: sas.authenticate.elements.map((one) => (one.means === 'tokentype' ? { ...one, name: 'Tokentype' } : one)),
      },
    }
    assert.equal((await client.authenticate(misspelled, attempt('ana', '123456'))).answer, 'wrong')
    assert.equal((await client.authenticate(sas, attempt('ana', '123456'))).answer, 'right')
  })

  test('is always asked at the configured address, never at the one its WSDL names', async () => {
    server.misbehave('wsdl-elsewhere', { times: 1 })
    const urls: string[] = []
    const out = outsideTo(server.ca)
    const ask: Ask = (url, outbound) => {
      urls.push(url)
      return out(url, outbound)
    }
    const client = authAnvil({ ask, url: server.sasUrl, siteId: 1 })
    const sas = await client.discover()
    await client.authenticate(sas, attempt('ana', '123456'))
    await client.alive(sas)
    assert.deepEqual(urls, [`${server.sasUrl}?wsdl`, server.sasUrl, server.sasUrl])
    assert.ok(!JSON.stringify(sas).includes('elsewhere.example'))
  })

  test('asked for another site does not know the person', async () => {
    server.addUser({ name: 'site7', siteId: 7, passwords: ['123456'] })
    const sas = await clientOf(server).discover()
    assert.equal((await clientOf(server).authenticate(sas, attempt('site7', '123456'))).answer, 'wrong')
    assert.equal((await clientOf(server, 7).authenticate(sas, attempt('site7', '123456'))).answer, 'right')
  })

  test('that has no call to ask whether it lives is asked for nothing', async () => {
    const each = await serverWith({ hasVersion: false })
    const sas = await clientOf(each).discover()
    assert.equal(await clientOf(each).alive(sas), undefined)
    assert.equal(each.calls.length, 0)
  })
})

describe('the PIN', () => {
  const tried = async (pinPlace: 'before' | 'behind' | 'ignored' | 'none', pinOrder: AuthAnvilAttempt['pinOrder']) => {
    const name = `${pinPlace} ${pinOrder}`
    server.addUser({ name, pinPlace, passwords: ['123456'] })
    const { answer, sent } = await clientOf(server).authenticate(await clientOf(server).discover(), attempt(name, '123456', { pinOrder }))
    return `${answer} ${sent}`
  }

  test('stands before, behind, on both sides in turn, or nowhere', async () => {
    assert.equal(await tried('before', 'before'), 'right 1')
    assert.equal(await tried('before', 'behind'), 'wrong 1')
    assert.equal(await tried('behind', 'behind'), 'right 1')
    assert.equal(await tried('none', 'none'), 'right 1')
    assert.equal(await tried('none', 'before'), 'wrong 1')
    for (const order of ['none', 'before', 'behind', 'both'] as const) assert.equal(await tried('ignored', order), 'right 1')
    assert.equal(await tried('before', 'both'), 'right 1')
    assert.equal(await tried('behind', 'both'), 'right 2')
  })

  test('A73 one submission is one question; only the order "both" asks a second time, once, and only after a clear "wrong"', async () => {
    const client = clientOf(server)
    const sas = await client.discover()
    for (const [pinOrder, most] of Object.entries({ none: 1, before: 1, behind: 1, both: 2 })) {
      const calls = server.calls.length
      const { answer, sent } = await client.authenticate(sas, attempt('nobody', '000000', { pinOrder: pinOrder as 'both' }))
      assert.deepEqual([answer, sent, server.calls.length - calls], ['wrong', most, most], pinOrder)
    }
    for (const fault of ['fault', 'html', 'reset', 'one', 'dtd'] as const) {
      const asked = server.asked.length
      server.misbehave(fault, { times: 1 })
      await assert.rejects(client.authenticate(sas, attempt('nobody', '000000', { pinOrder: 'both' })), Failure)
      assert.equal(server.asked.length, asked + 1, `nothing more after ${fault}`)
    }
    const out = outsideTo(server.ca)
    let questions = 0
    const ask: Ask = (url, outbound) => (++questions === 2 ? Promise.reject(new Error('ECONNRESET')) : out(url, outbound))
    const breaking = authAnvil({ ask, url: server.sasUrl, siteId: 1 })
    assert.equal(
      await reasonOf(breaking.authenticate(sas, attempt('nobody', '000000', { pinOrder: 'both' }))),
      'network',
      'no "wrong" of half the questions',
    )
  })
})

describe('A71 what people type', () => {
  const pieces = [
    '<',
    '>',
    '&',
    '"',
    "'",
    '</Passcode><SiteID>2</SiteID>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&#65;',
    '&lt;',
    '<?x?>',
    '%',
    '{}',
    '\u2028',
    'ä',
    '𝟙',
    ' ',
    '\\',
    '$' + '{1}',
    '$&',
    '$1',
    '--',
  ]
  const strings = pieces.flatMap((one, place) =>
    Array.from({ length: 12 }, (_, more) => `x${one}${pieces[(place + more) % pieces.length]}${'a'.repeat(more)}`),
  )

  test('arrives letter by letter, whatever XML would make of it: 300 strings as name, PIN and password', async () => {
    assert.ok(strings.length >= 300)
    const client = clientOf(server)
    const sas = await client.discover()
    for (const text of strings) {
      await client.authenticate(sas, attempt(text, text, { pin: text.slice(0, 20), pinOrder: 'behind' }))
      const { values } = server.calls.at(-1) ?? { values: undefined }
      assert.deepEqual(values, { Username: text, Passcode: text + text.slice(0, 20), Tokentype: '1', SiteID: '1' })
    }
  })

  test('that XML cannot carry, or that is too long, is not sent', async () => {
    const client = clientOf(server)
    const sas = await client.discover()
    const asked = server.asked.length
    for (const text of ['', 'a\0b', 'a\nb', 'a\u0008', '\ud800', '\uffff', 'x'.repeat(129)]) {
      await assert.rejects(client.authenticate(sas, attempt(text, '123456')), RangeError)
      await assert.rejects(client.authenticate(sas, attempt('ana', text)), RangeError)
    }
    await assert.rejects(client.authenticate(sas, attempt('ana', 'x'.repeat(127))), RangeError, 'with the PIN it is too long')
    assert.equal(server.asked.length, asked)
  })
})

describe('A72 a hostile answer', () => {
  test('is never a yes: DTDs, entities, bombs, and "true" in every wrong place', async () => {
    const each = await serverWith()
    const client = clientOf(each)
    const sas = await client.discover()
    const reasons: Record<string, unknown> = {}
    for (const fault of answerFaults) {
      each.misbehave(fault, { times: 1 })
      const started = performance.now()
      reasons[fault] = await reasonOf(client.authenticate(sas, attempt('nobody', '000000')))
      assert.ok(performance.now() - started < 2_000, `${fault} is refused quickly`)
    }
    const {
      fault,
      'true-in-fault': inFault,
      'status-500-true': status,
      'other-soap-version': version,
      'true-in-header': inHeader,
      ...rest
    } = reasons
    assert.deepEqual([fault, inFault, status, version], ['outage', 'outage', 'outage', 'not-it'])
    assert.deepEqual(inHeader, { answer: 'wrong', sent: 1 }, 'the body counts')
    assert.deepEqual(new Set(Object.values(rest)), new Set(['reply']), JSON.stringify(rest))
    assert.deepEqual(await reasonOf(client.authenticate(sas, attempt('nobody', '000000'))), { answer: 'wrong', sent: 1 })
  })

  test('is told apart from a wrong password, and an outage from a mistake in the settings', async () => {
    const expected: Partial<Record<AuthAnvilFault, string>> = {
      hang: 'timeout',
      stall: 'timeout',
      reset: 'network',
      half: 'network',
      huge: 'reply',
      html: 'outage',
      'html-ok': 'not-it',
      empty: 'reply',
      broken: 'reply',
      redirect: 'not-it',
    }
    const client = clientOf(server)
    const sas = await client.discover()
    for (const [fault, reason] of Object.entries(expected)) {
      server.misbehave(fault as AuthAnvilFault, { times: 1 })
      assert.equal(await reasonOf(client.authenticate(sas, attempt('nobody', '000000', { milliseconds: 300 }))), reason, fault)
    }
    const misread = { ...sas, authenticate: { ...sas.authenticate, action: 'http://tempuri.org/Other' } }
    assert.equal(await reasonOf(client.authenticate(misread, attempt('nobody', '000000'))), 'request')
    assert.equal(await reasonOf(client.authenticate({ ...sas, namespace: 'urn:x' }, attempt('nobody', '000000'))), 'request')
  })

  test('cannot read a file or call anybody: no entity is resolved', () => {
    for (const text of [
      '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
      '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
      '<!doctype html><html></html>',
      '<a>&e;</a>',
      '<a/><b/>',
      '<a>',
      '<a xmlns:x="u"><y:b/></a>',
      'text',
      `${'<a>'.repeat(30)}${'</a>'.repeat(30)}`,
      `<a>${'<b/>'.repeat(3_500)}</a>`,
      '',
      '\0<a/>',
    ]) {
      assert.throws(
        () => readXml(text),
        (error) => error instanceof Failure && error.reason === 'reply',
        text,
      )
    }
    assert.equal(readXml('<a>&lt;&#x41;&amp;</a>').text, '<A&')
  })
})

describe('the WSDL', () => {
  test('of something else, or a hostile one, is refused', async () => {
    const each = await serverWith()
    const client = clientOf(each)
    const expected: Partial<Record<AuthAnvilFault, string>> = {
      'wsdl-dtd': 'reply',
      'wsdl-other-product': 'not-it',
      huge: 'reply',
      html: 'outage',
      'html-ok': 'not-it',
      redirect: 'not-it',
      empty: 'reply',
      half: 'network',
      reset: 'network',
    }
    for (const [fault, reason] of Object.entries(expected)) {
      each.misbehave(fault as AuthAnvilFault, { times: 1 })
      assert.equal(await reasonOf(client.discover()), reason, fault)
    }
    const elsewhere = authAnvil({ ask: outsideTo(each.ca), url: `${each.url}/other.asmx`, siteId: 1 })
    assert.equal(await reasonOf(elsewhere.discover()), 'not-it')
    for (const certificate of ['other-host', 'expired'] as const) {
      assert.equal(await reasonOf(clientOf(await serverWith({ certificate })).discover()), 'certificate')
    }
  })

  test('whose call takes other elements, or more, or fewer, is not AuthAnvil’s', async () => {
    const each = await serverWith()
    const { text } = await outsideTo(each.ca)(`${each.sasUrl}?wsdl`, { method: 'GET' })
    assert.ok(readWsdl(text))
    const element = (name: string) => new RegExp(`<s:element [^>]*name="${name}"[^>]*/>`)
    const changed = {
      fewer: text.replace(element('SiteID'), ''),
      twice: text.replace(element('SiteID'), (found) => found + found),
      more: text.replace(element('SiteID'), (found) => `${found}<s:element name="Secret" type="s:string" />`),
      otherType: text.replace('name="SiteID" type="s:int"', 'name="SiteID" type="s:string"'),
      noNamespace: text.replaceAll(/targetNamespace="[^"]*"/g, ''),
      noBinding: text.replaceAll('soapAction', 'otherAction'),
      rpc: text.replaceAll('style="document"', 'style="rpc"'),
      twoCalls: text.replace('<s:element name="Authenticate">', (found) => `<s:element name="authenticate" />${found}`),
    }
    for (const [what, each] of Object.entries(changed)) {
      assert.throws(
        () => readWsdl(each),
        (error) => error instanceof Failure && error.reason === 'not-it',
        what,
      )
    }
    const shuffled = text.replace(/(<s:element [^>]*name="Username"[^>]*\/>)(<s:element [^>]*name="Passcode"[^>]*\/>)/, '$2$1')
    assert.deepEqual(
      readWsdl(shuffled)
        .authenticate.elements.slice(0, 2)
        .map(({ name }) => name),
      ['Passcode', 'Username'],
    )
    assert.equal(readWsdl(text.replace('elementFormDefault="qualified"', '')).isQualified, false)
  })
})
