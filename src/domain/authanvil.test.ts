import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fitsAuthAnvil, sasPasscodes, sasSiteId, sasUrl, usualPin } from './authanvil.ts'

describe('the AuthAnvil SAS URL', () => {
  test('is repaired from what people paste', () => {
    const whole = 'https://acme.my.passly.com/AuthAnvil/SAS.asmx'
    const pasted = [
      whole,
      ` ${whole} `,
      `${whole}?wsdl`,
      `${whole}?op=Authenticate`,
      `${whole}#top`,
      `${whole}/`,
      `<${whole}>`,
      'acme.my.passly.com',
      'https://acme.my.passly.com/',
      'HTTPS://ACME.my.passly.com/AuthAnvil',
      'acme.my.passly.com/AuthAnvil/',
    ]
    for (const text of pasted) assert.equal(sasUrl(text), whole, text)
    assert.equal(
      sasUrl('https://sas.acme.example/authanvil/sas.asmx?WSDL'),
      'https://sas.acme.example/authanvil/sas.asmx',
      'capitals as they are',
    )
    assert.equal(sasUrl('sas.acme.example:8443/x/SAS.asmx'), 'https://sas.acme.example:8443/x/SAS.asmx')
  })

  test('that cannot be one is refused: no https, credentials, another page, no address', () => {
    const refused = [
      '',
      'http://acme.example/AuthAnvil/SAS.asmx',
      'ftp://acme.example/AuthAnvil/SAS.asmx',
      'file:///AuthAnvil/SAS.asmx',
      'https://user:secret@acme.example/AuthAnvil/SAS.asmx',
      'https://acme.example/AuthAnvil/Admin/admin.asmx',
      'https://acme.example/SAS.asmx.evil',
      'https://acme.example/AuthAnvil/SAS.asmx\r\nX: y',
      'https://acme .example',
      'https:\\\\acme.example',
      'javascript:alert(1)',
    ]
    for (const text of refused) assert.equal(sasUrl(text), undefined, text)
  })
})

test('the site id is a whole number', () => {
  assert.equal(sasSiteId(' 1 '), 1)
  assert.equal(sasSiteId('042'), 42)
  for (const text of ['', '-1', '1.5', '1e3', '0x1', 'one', '12345678901', '１']) assert.equal(sasSiteId(text), undefined, text)
})

test('a one-time password of any usual kind fits, and what XML cannot carry does not', () => {
  for (const text of ['123456', '1111123456', 'Tempörär <&> "pw"', '𝟙', 'x'.repeat(128)]) assert.ok(fitsAuthAnvil(text), text)
  for (const text of ['', 'x'.repeat(129), 'a\0b', 'a\nb', 'a\u007fb', '\ud800', '\uffff', '\ufffe'])
    assert.ok(!fitsAuthAnvil(text), JSON.stringify(text))
})

test('the PIN stands where the setting says', () => {
  assert.deepEqual(sasPasscodes('123456', usualPin, 'none'), ['123456'])
  assert.deepEqual(sasPasscodes('123456', usualPin, 'before'), ['1111123456'])
  assert.deepEqual(sasPasscodes('123456', usualPin, 'behind'), ['1234561111'])
  assert.deepEqual(sasPasscodes('123456', usualPin, 'both'), ['1111123456', '1234561111'])
  assert.deepEqual(sasPasscodes('123456', '', 'both'), ['123456'])
  assert.deepEqual(sasPasscodes('1111', usualPin, 'both'), ['11111111'], 'the same text is not tried twice')
})
