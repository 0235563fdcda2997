import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { outsideTo } from '../test/machine/outside.ts'
import { start as startAuthAnvil } from './authanvil.ts'
import { newCertificate } from './certificate.ts'
import { start as startDuo } from './duo.ts'

test('a certificate is for its names, signed by itself, and good now', () => {
  const certificate = new X509Certificate(newCertificate(['localhost', '127.0.0.1', 'api-1.duosecurity.com']).certificate)
  assert.ok(certificate.verify(certificate.publicKey) && certificate.ca)
  assert.ok(certificate.checkHost('api-1.duosecurity.com') && certificate.checkIP('127.0.0.1'))
  assert.equal(certificate.checkHost('api-2.duosecurity.com'), undefined)
  assert.ok(certificate.validFromDate < new Date() && new Date() < certificate.validToDate)
  const old = new X509Certificate(newCertificate(['localhost'], { ageDays: 3 }).certificate)
  assert.ok(old.validToDate < new Date())
})

test('several simulators are trusted at a time', async () => {
  const [duo, another, authAnvil] = await Promise.all([startDuo(), startDuo(), startAuthAnvil()])
  const ask = outsideTo(duo.ca, another.ca, authAnvil.ca)
  const statuses = [`${duo.url}/`, `${another.url}/`, `${authAnvil.sasUrl}?wsdl`].map(
    async (url) => (await ask(url, { method: 'GET' })).status,
  )
  assert.deepEqual(await Promise.all(statuses), [200, 200, 200])
  await Promise.all([duo.stop(), another.stop(), authAnvil.stop()])
})
