import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key and a certificate that is its own authority, both PEM. Who trusts `certificate` as an authority trusts its server. */
export interface Certificate {
  readonly key: string
  readonly certificate: string
}

const lengthOf = (bytes: number) => (bytes < 128 ? [bytes] : bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255])
const der = (tag: number, ...parts: readonly Uint8Array[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body])
}
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, bytes(hex))
const time = (at: Date) => der(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const isAuthority = sequence(oid('551d13'), der(0x01, bytes('ff')), der(0x04, sequence(der(0x01, bytes('ff')))))
const isAddress = (name: string) => /^\d+\.\d+\.\d+\.\d+$/.test(name)
const named = (name: string) => (isAddress(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)))

/**
 * A certificate (RFC 5280) for these host names and IPv4 addresses, good for ten days, made fresh: no key lies in the repository.
 * `ageDays` makes one that ran out that long ago.
 */
export function newCertificate(names: readonly string[], { ageDays = 0 } = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const day = 24 * 3600 * 1000
  const until = Date.now() + (ageDays > 0 ? -ageDays : 10) * day
  // An authority is looked up by its name, so two certificates that are trusted at a time need two.
  const commonName = Buffer.from(`Simulator ${randomBytes(8).toString('hex')}`)
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, commonName))))
  const alternatives = sequence(oid('551d11'), der(0x04, sequence(...names.map(named))))
  const serial = Buffer.concat([bytes('01'), randomBytes(15)])
  const body = sequence(
    der(0xa0, der(0x02, bytes('02'))),
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(until - 20 * day)), time(new Date(until))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority, alternatives)),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = sequence(body, ecdsaWithSha256, der(0x03, bytes('00'), signature)).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${whole.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}
