import { isSame } from '#crypto/random.ts'
import type { Person } from '#domain/factor.ts'
import type { Json } from '#domain/json.ts'
import type { PasskeyJudged, PasskeyRecord } from '#domain/passkey.ts'

/** Where a page is: the host that keys are made for, and the origin that a browser says it was on. */
export interface Place {
  readonly rpId: string
  readonly origin: string
}

/** What a browser answers when it has made a key (WebAuthn §5.1, RegistrationResponseJSON). */
export interface Registration {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

/** What it answers when it has signed with one (AuthenticationResponseJSON). */
export interface Assertion {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

/**
 * What takes keys and signatures apart, loaded with the first one: an installation without passkeys has no use for it. Whoever takes every
 * error of a check for a no waits for this before, so that a failed load is none.
 */
export const webAuthn = async () => ({ ...(await import('@simplewebauthn/server')), ...(await import('@simplewebauthn/server/helpers')) })

/** EdDSA, ES256, RS256 (COSE): between them all that authenticators make. */
const [edDsa, es256, rs256] = [-8, -7, -257] as const
const algorithms: number[] = [edDsa, es256, rs256]
/** What comes when no attestation is asked for. Other formats are for those who trust makers, and are not even read. */
const attestationFormats: readonly string[] = ['none', 'packed']
const knownTransports = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal']
const timeout = 300_000

/** The 16 bytes of a person's id: says nothing about them to whoever finds the key. */
export const userHandleOf = (userId: string): string => Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url')

const descriptors = (records: readonly PasskeyRecord[]) =>
  records.map(({ credentialId, transports }) => ({ type: 'public-key', id: credentialId, transports: [...transports] }))

/** What a browser is told to make a key (PublicKeyCredentialCreationOptionsJSON). What the person has already is left out, so that a key is not set up twice. */
export function creationOptions(
  { rpId }: Place,
  person: Person,
  challenge: string,
  known: readonly PasskeyRecord[],
): { readonly [key: string]: Json } {
  return {
    rp: { id: rpId, name: rpId },
    user: { id: userHandleOf(person.id), name: person.email, displayName: person.name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout,
    attestation: 'none',
    excludeCredentials: descriptors(known),
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
  }
}

/**
 * What a browser is told to sign (PublicKeyCredentialRequestOptionsJSON).
 *
 * @param known the keys that count; none where the key itself says whose it is
 * @param isWhole the signature is all there is, so the key must ask for a PIN or a finger
 */
export function requestOptions(
  { rpId }: Place,
  challenge: string,
  known: readonly PasskeyRecord[],
  isWhole: boolean,
): { readonly [key: string]: Json } {
  return {
    challenge,
    timeout,
    rpId,
    allowCredentials: descriptors(known),
    userVerification: isWhole ? 'required' : 'preferred',
  }
}

/** What a signature is checked against; all of it is ours. */
export interface Expected extends Place {
  readonly challenge: string
}

/** Checks that a key was made here, now and for this challenge. @throws {Error} for whatever is not as it must be */
export async function checkRegistration(response: Registration, { challenge, origin, rpId }: Expected): Promise<PasskeyJudged> {
  const { clientDataJSON, attestationObject, transports = [] } = response.response
  requireCanonical(response.id, clientDataJSON, attestationObject)
  requireOwnPage(clientDataJSON)
  const { decodeAttestationObject, verifyRegistrationResponse } = await webAuthn()
  const format = decodeAttestationObject(Buffer.from(attestationObject, 'base64url')).get('fmt')
  if (!attestationFormats.includes(format)) throw new Error('The attestation is of another format.')
  const { verified, registrationInfo: made } = await verifyRegistrationResponse({
    response: {
      id: response.id,
      rawId: response.rawId,
      type: response.type,
      clientExtensionResults: {},
      response: { clientDataJSON, attestationObject },
    },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: false,
    supportedAlgorithmIDs: algorithms,
  })
  if (verified !== true || made === undefined) throw new Error('The attestation does not hold.')
  // What the key itself says; what stands beside it is anybody's.
  if (!isSame(made.credential.id, response.id)) throw new Error('The id is not that of the key.')
  requireWholeKey(await numbersOf(made.credential.publicKey))
  const record: PasskeyRecord = {
    credentialId: made.credential.id,
    publicKey: Buffer.from(made.credential.publicKey).toString('base64url'),
    rpId,
    transports: [...new Set(transports)].filter((one) => knownTransports.includes(one)),
    isSynced: made.credentialDeviceType === 'multiDevice',
  }
  return { did: 'registered', record, counter: made.credential.counter, isVerified: made.userVerified === true }
}

/**
 * Checks that this key of this person signed this challenge on our page.
 *
 * @param isWhole the key must have asked for a PIN or a finger
 * @throws {Error} for whatever is not as it must be
 */
export async function checkAssertion(
  response: Assertion,
  { challenge, origin, rpId }: Expected,
  { record, counter, userId }: { readonly record: PasskeyRecord; readonly counter: number; readonly userId: string },
  isWhole: boolean,
): Promise<PasskeyJudged> {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response.response
  requireCanonical(response.id, clientDataJSON, authenticatorData, signature)
  requireOwnPage(clientDataJSON)
  if (!isSame(record.credentialId, response.id)) throw new Error('The key is another one.')
  if (record.rpId !== rpId) throw new Error('The key is for another host.')
  const { verifyAuthenticationResponse } = await webAuthn()
  if ((await algorithmOf(record)) === es256) requireWholeSequence(signature)
  const says = userHandle ?? undefined
  if (says !== undefined && !isSame(says, userHandleOf(userId))) throw new Error('The key is not that of the person.')
  const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
    response: {
      id: response.id,
      rawId: response.rawId,
      type: response.type,
      clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData, signature },
    },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: isWhole,
    credential: { id: record.credentialId, publicKey: Buffer.from(record.publicKey, 'base64url'), counter },
  })
  if (verified !== true) throw new Error('The signature does not hold.')
  if ((info.credentialDeviceType === 'multiDevice') !== record.isSynced) throw new Error('A key does not change whether it can be copied.')
  return { did: 'signed', credentialId: record.credentialId, counter: info.newCounter, isVerified: info.userVerified === true }
}

/** One way to write each value, so that no two texts are one signature. */
function requireCanonical(...values: readonly string[]): void {
  for (const value of values)
    if (value === '' || Buffer.from(value, 'base64url').toString('base64url') !== value) throw new Error('This is not base64url.')
}

/** Labels of a COSE key (RFC 9052, RFC 9053): what it is for, and the numbers that it is made of. */
const cose = { type: 1, algorithm: 3, curve: -1, x: -2, y: -3, modulus: -1 } as const

type CoseNumbers = ReadonlyMap<number, unknown>

async function numbersOf(publicKey: Uint8Array): Promise<CoseNumbers> {
  const { decodeCredentialPublicKey } = await webAuthn()
  return decodeCredentialPublicKey(Buffer.from(publicKey)) as unknown as CoseNumbers
}

const algorithmOf = async ({ publicKey }: PasskeyRecord) => (await numbersOf(Buffer.from(publicKey, 'base64url'))).get(cose.algorithm)

/** The library takes a key that ends too early, or whose parts do not go together: nothing would ever be right for it. */
function requireWholeKey(numbers: CoseNumbers): void {
  const length = (label: number) => {
    const value = numbers.get(label)
    return value instanceof Uint8Array ? value.length : 0
  }
  const isOf = (algorithm: number, type: number, curve?: number) =>
    numbers.get(cose.algorithm) === algorithm &&
    numbers.get(cose.type) === type &&
    (curve === undefined || numbers.get(cose.curve) === curve)
  const isWhole =
    (isOf(es256, 2, 1) && length(cose.x) === 32 && length(cose.y) === 32) ||
    (isOf(edDsa, 1, 6) && length(cose.x) === 32) ||
    (isOf(rs256, 3) && length(cose.modulus) >= 256)
  if (!isWhole) throw new Error('The key is not whole.')
}

/** ECDSA signatures are a DER sequence. The library reads one and leaves what stands behind it. */
function requireWholeSequence(signature: string): void {
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) throw new Error('The signature is not whole.')
}

/** A page inside somebody else's frame is not ours: all our pages refuse to be framed. */
function requireOwnPage(clientDataJSON: string): void {
  const client: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
  if (typeof client !== 'object' || client === null || Array.isArray(client)) throw new Error('This is no client data.')
  if ('topOrigin' in client || ('crossOrigin' in client && client.crossOrigin !== false)) throw new Error('The page was in a frame.')
}
