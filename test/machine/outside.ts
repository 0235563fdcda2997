import assert from 'node:assert/strict'
import { request } from 'node:https'

interface Outbound {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly milliseconds?: number
  readonly mostBytes?: number
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/** A way out to simulators: https that trusts their certificates, within limits of time and size, following no redirect. */
export function outsideTo(...ca: readonly string[]): (url: string, outbound: Outbound) => Promise<Answer> {
  return (url, { method, headers = {}, body, milliseconds = 5_000, mostBytes = 1_000_000 }) =>
    new Promise((done, fail) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const asked = request(url, { method, ca: [...ca], agent: false, headers: { ...headers, ...length } }, (response) => {
        const parts: Buffer[] = []
        let size = 0
        response.on('data', (part: Buffer) => {
          size += part.length
          if (size > mostBytes) response.destroy(new Error('the answer is too long'))
          else parts.push(part)
        })
        response.on('error', fail)
        response.on('end', () => {
          const plain = Object.entries(response.headers).map(
            ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const,
          )
          done({ status: response.statusCode ?? 0, headers: Object.fromEntries(plain), text: Buffer.concat(parts).toString() })
        })
      })
      const timer = setTimeout(() => asked.destroy(new Error('no whole answer in time')), milliseconds)
      asked.on('close', () => clearTimeout(timer))
      asked.on('error', fail)
      asked.end(body)
    })
}

type Ask = ReturnType<typeof outsideTo>

/** A person's browser at a simulator: follows its redirects and presses its buttons, until it is sent back to the application. */
export function browserAt(ask: Ask, origin: string) {
  const go = async (path: string, form?: Readonly<Record<string, string>>): Promise<{ url: string; text: string; status: number }> => {
    const url = new URL(path, origin)
    if (url.origin !== origin) return { url: url.href, text: '', status: 0 }
    const headers = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
    const body = form ? { body: new URLSearchParams(form).toString() } : {}
    const { status, headers: given, text } = await ask(url.href, { method: form ? 'POST' : 'GET', headers, ...body })
    return status === 303 ? go(given.location ?? '') : { url: url.href, text, status }
  }
  /** The button with this label on a page: where it posts to, and what. */
  const press = (page: { text: string }, label: string | RegExp, typed: Readonly<Record<string, string>> = {}) => {
    for (const [, action = '', inside = ''] of page.text.matchAll(/<form method="post" action="([^"]*)">([\s\S]*?)<\/form>/g)) {
      const [, text = ''] = /<button>([^<]*)<\/button>/.exec(inside) ?? []
      if (typeof label === 'string' ? text !== label : !label.test(text)) continue
      const hidden = [...inside.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value])
      return go(action, { ...Object.fromEntries(hidden), ...typed })
    }
    assert.fail(`There is no button "${label}" on ${page.text}`)
  }
  return { go, press }
}

/** Walks through the Universal Prompt by a push that the phone approves by itself. Resolves to the query of the return. */
export async function throughPrompt(ask: Ask, url: string): Promise<Record<string, string>> {
  const browser = browserAt(ask, new URL(url).origin)
  let page = await browser.go(url)
  if (page.status === 200) page = await browser.press(page, /^Duo Push/)
  for (let tries = 0; page.status === 200 && /Check for a Duo Push/.test(page.text) && tries < 50; tries++) {
    await new Promise((done) => setTimeout(done, 20))
    page = await browser.go(page.url)
  }
  assert.equal(page.status, 0, `the prompt leads back to the application: ${page.text}`)
  return Object.fromEntries(new URL(page.url).searchParams)
}
