/*
 * Tokens under a secret that two sides share (RFC 7515 with HS512). The key is the text of the secret itself, as the libraries of Duo
 * use it, although it is shorter than RFC 7518 would like; it has 238 random bits.
 */

const bytes = (text: string) => new TextEncoder().encode(text)

/** Loaded with the first token: most installations have none. */
const jose = () => import('jose')

/** Signs claims. */
export async function signHs512(secret: string, claims: object): Promise<string> {
  const { CompactSign } = await jose()
  return new CompactSign(bytes(JSON.stringify(claims))).setProtectedHeader({ alg: 'HS512', typ: 'JWT' }).sign(bytes(secret))
}

/**
 * The claims of a token whose signature is right; undefined for everything else, also for any other algorithm, or none. What the claims
 * say is not looked at.
 */
export async function openHs512(secret: string, token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { compactVerify } = await jose()
  try {
    const { payload } = await compactVerify(token, bytes(secret), { algorithms: ['HS512'] })
    return claimsIn(payload)
  } catch {
    return undefined
  }
}

/** Who a token says it is from, before anything is believed: only to find the key that it must then be verified with. */
export function claimedIssuer(token: string): string | undefined {
  const iss = claimsIn(Buffer.from(token.split('.')[1] ?? '', 'base64url'))?.iss
  return typeof iss === 'string' ? iss : undefined
}

function claimsIn(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
