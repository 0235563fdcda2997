import { PasskeyAssertion, PasskeyRegistration } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import { textOf } from './page.ts'

/** Loaded with the first key. */
const schemas = () => import('typebox/value')

/** What the page's script has put into the form, judged by the same schema as what programs send. @throws {Problem} `passkey-not-accepted` */
export async function passkeyAnswerOf(body: unknown): Promise<{
  readonly passkey: PasskeyAssertion | PasskeyRegistration
  readonly label?: string
  readonly remember?: boolean
}> {
  const { Check } = await schemas()
  const passkey = parsed(textOf(body, 'passkey'))
  if (!Check(PasskeyAssertion, passkey) && !Check(PasskeyRegistration, passkey))
    throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  const label = textOf(body, 'label').slice(0, 60)
  return { passkey, ...(label ? { label } : {}), ...(textOf(body, 'remember') === '' ? {} : { remember: true }) }
}

/** The same where only a key that signs will do. @throws {Problem} `passkey-not-accepted` */
export async function passkeyAssertionOf(body: unknown): Promise<PasskeyAssertion> {
  const { Check } = await schemas()
  const passkey = parsed(textOf(body, 'passkey'))
  if (!Check(PasskeyAssertion, passkey)) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  return passkey
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
