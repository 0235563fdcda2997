import { Check } from 'typebox/value'
import { PasskeyAssertion, PasskeyRegistration } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import { textOf } from './page.ts'

export const isAssertion = (value: unknown): value is PasskeyAssertion => Check(PasskeyAssertion, value)

/** What the page's script has put into the form, judged by the same schema as what programs send. @throws {Problem} `passkey-not-accepted` */
export function passkeyAnswerOf(body: unknown): {
  readonly passkey: PasskeyAssertion | PasskeyRegistration
  readonly label?: string
  readonly remember?: boolean
} {
  const passkey = parsed(textOf(body, 'passkey'))
  if (!isAssertion(passkey) && !Check(PasskeyRegistration, passkey)) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  const label = textOf(body, 'label').slice(0, 60)
  return { passkey, ...(label ? { label } : {}), ...(textOf(body, 'remember') === '' ? {} : { remember: true }) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
