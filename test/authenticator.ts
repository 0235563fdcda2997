import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What options of the server say, as far as this authenticator looks at them. */
interface Options {
  readonly challenge: string
  readonly rp?: { readonly id: string }
  readonly rpId?: string
  readonly user?: { readonly id: string }
  readonly allowCredentials?: readonly { readonly id: string }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

/** Everything that goes into an answer. A test turns one of them at a time. */
export interface Parts {
  client: Record<string, unknown>
  rpIdHash: Buffer
  flags: number
  counter: number
  /** Changes the bytes that are signed, after they were put together. */
  authData: (bytes: Buffer) => Buffer
  signature: (bytes: Buffer) => Buffer
  clientBytes: (bytes: Buffer) => Buffer
  format: 'none' | 'packed'
  // biome-ignore lint/suspicious/noExplicitAny: a test makes answers of every shape.
  answer: (answer: any) => any
}

export interface AuthenticatorOptions {
  readonly algorithm?: Algorithm
  /** Keys that are copied between devices do not count. */
  readonly isSynced?: boolean
  /** Whether it asks for a PIN or a finger. */
  readonly verifies?: boolean
  readonly format?: 'none' | 'packed'
}

const up = 0x01
const uv = 0x04
const be = 0x08
const bs = 0x10
const at = 0x40

/** CBOR (RFC 8949) of what WebAuthn needs: whole numbers, bytes, texts and maps. */
function cbor(value: unknown): Buffer {
  const head = (major: number, length: number) =>
    length < 24
      ? Buffer.from([(major << 5) | length])
      : length < 256
        ? Buffer.from([(major << 5) | 24, length])
        : Buffer.from([(major << 5) | 25, length >> 8, length & 255])
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])])
  throw new TypeError('This is written nowhere in WebAuthn.')
}

const jwkBytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')

function coseOf(algorithm: Algorithm, key: KeyObject): Buffer {
  const { x, y, n, e } = key.export({ format: 'jwk' })
  if (algorithm === 'EdDSA')
    return cbor(
      new Map<number, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, jwkBytes(x)],
      ]),
    )
  if (algorithm === 'RS256')
    return cbor(
      new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, jwkBytes(n)],
        [-2, jwkBytes(e)],
      ]),
    )
  return cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, jwkBytes(x)],
      [-3, jwkBytes(y)],
    ]),
  )
}

/** A browser and a key in one, at an origin: WebAuthn as its standard has it, in a few lines. It holds one credential. */
export class Authenticator {
  readonly origin: string
  readonly options: AuthenticatorOptions
  readonly credentialId = randomBytes(32)
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  counter = 0
  userHandle: string | undefined

  constructor(origin: string, options: AuthenticatorOptions = {}) {
    this.origin = origin
    this.options = options
    const { algorithm = 'ES256' } = options
    this.keys =
      algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : algorithm === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  }

  get id(): string {
    return this.credentialId.toString('base64url')
  }

  sign(bytes: Buffer): Buffer {
    return sign(this.options.algorithm === 'EdDSA' ? null : 'sha256', bytes, this.keys.privateKey)
  }

  #parts(type: string, options: Options, wish: Partial<Parts>): Parts {
    const { isSynced = false, verifies = true } = this.options
    return {
      rpIdHash: createHash('sha256')
        .update(options.rp?.id ?? options.rpId ?? '')
        .digest(),
      flags: up | (verifies ? uv : 0) | (isSynced ? be | bs : 0),
      counter: isSynced ? 0 : ++this.counter,
      authData: (bytes) => bytes,
      signature: (bytes) => bytes,
      clientBytes: (bytes) => bytes,
      format: this.options.format ?? 'none',
      answer: (answer) => answer,
      ...wish,
      client: { type, challenge: options.challenge, origin: this.origin, crossOrigin: false, ...wish.client },
    }
  }

  /** What `navigator.credentials.create` gives, as JSON. */
  create(options: Options, wish: Partial<Parts> = {}) {
    const parts = this.#parts('webauthn.create', options, wish)
    this.userHandle = options.user?.id
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(parts.counter)
    const length = Buffer.from([0, this.credentialId.length])
    const credential = [Buffer.alloc(16), length, this.credentialId, coseOf(this.options.algorithm ?? 'ES256', this.keys.publicKey)]
    const authData = parts.authData(Buffer.concat([parts.rpIdHash, Buffer.from([parts.flags | at]), counter, ...credential]))
    const client = parts.clientBytes(Buffer.from(JSON.stringify(parts.client)))
    const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()])
    const alg = { ES256: -7, RS256: -257, EdDSA: -8 }[this.options.algorithm ?? 'ES256']
    const statement =
      parts.format === 'packed'
        ? new Map<string, unknown>([
            ['alg', alg],
            ['sig', parts.signature(this.sign(signed))],
          ])
        : new Map()
    const attestationObject = cbor(
      new Map<string, unknown>([
        ['fmt', parts.format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    )
    return parts.answer({
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      authenticatorAttachment: 'cross-platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: client.toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['usb'],
      },
    })
  }

  /** What `navigator.credentials.get` gives, as JSON. */
  get(options: Options, wish: Partial<Parts> = {}) {
    const parts = this.#parts('webauthn.get', options, wish)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(parts.counter)
    const authData = parts.authData(Buffer.concat([parts.rpIdHash, Buffer.from([parts.flags]), counter]))
    const client = parts.clientBytes(Buffer.from(JSON.stringify(parts.client)))
    const signature = parts.signature(this.sign(Buffer.concat([authData, createHash('sha256').update(client).digest()])))
    return parts.answer({
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      authenticatorAttachment: 'cross-platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(this.userHandle === undefined ? {} : { userHandle: this.userHandle }),
      },
    })
  }
}
