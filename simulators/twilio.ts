import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** How one request is treated. The next requests take theirs from a list, and whatever comes after it is accepted. */
export type TwilioBehavior =
  | 'accept'
  /** Takes it and reports later that it did not arrive. */
  | { readonly undelivered: number }
  | { readonly refuse: number; readonly status?: number }
  | { readonly busy: number }
  | { readonly fail: number }
  /** Never answers. */
  | 'hang'
  /** Takes it, reports on it, and hangs up instead of answering. */
  | 'lost-answer'
  /** 200 and an empty body. */
  | 'nothing'
  | 'html'
  | 'half-a-body'
  /** Each report comes three times. */
  | 'duplicates'
  /** "delivered" comes first, then what was before it. */
  | 'out-of-order'
  /** Takes it and reports nothing. */
  | 'silent'

/** Who takes a call. */
export type Callee = 'human' | 'machine' | 'busy' | 'no-answer'

export interface TwilioReceived {
  readonly resource: 'Messages' | 'Calls'
  readonly sid: string
  readonly fields: Readonly<Record<string, string>>
  readonly at: Date
}

/** What was heard on the phone in a call, each sentence as often as it was spoken. */
export interface TwilioCall {
  readonly to: string
  readonly heard: readonly string[]
}

export interface TwilioSimulator {
  readonly url: string
  readonly accountSid: string
  readonly authToken: string
  readonly apiKey: { readonly sid: string; readonly secret: string }
  /** A number that the account may send from. */
  readonly from: string
  /** What was taken, in order. */
  readonly received: readonly TwilioReceived[]
  /** Every request, also those that were refused, by the status they were answered. */
  readonly statuses: readonly number[]
  readonly calls: readonly TwilioCall[]
  /** The status of each callback that was sent, in order. */
  readonly callbacks: readonly { readonly status: string; readonly answered: number }[]
  behave(...next: readonly TwilioBehavior[]): void
  /** Who takes the calls from now on. */
  answerAs(callee: Callee): void
  /** Waits until every report of what was taken so far is delivered. */
  reported(): Promise<void>
  /** One signed callback by hand. */
  callBack(url: string, fields: Readonly<Record<string, string>>): Promise<Response>
  stop(): Promise<void>
}

export interface TwilioSimulatorOptions {
  readonly port?: number
}

const known: Readonly<Record<TwilioReceived['resource'], readonly string[]>> = {
  Messages: ['To', 'From', 'MessagingServiceSid', 'Body', 'StatusCallback', 'ValidityPeriod'],
  Calls: ['To', 'From', 'Twiml', 'Timeout', 'TimeLimit', 'StatusCallback', 'StatusCallbackEvent'],
}

/** Twilio's own test numbers (https://www.twilio.com/docs/iam/test-credentials) and the code that each is refused with. */
const magicTo: Readonly<Record<string, number>> = {
  '+15005550001': 21211,
  '+15005550002': 21612,
  '+15005550003': 21408,
  '+15005550004': 21610,
  '+15005550009': 21614,
}
const magicFrom: Readonly<Record<string, number>> = { '+15005550007': 21606, '+15005550008': 21611 }

const hex = (prefix: string) => prefix + randomBytes(16).toString('hex')
const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))

/** A server on loopback that is told apart from Twilio by nothing that a client of ours looks at, and misbehaves when told to. */
export async function startTwilio({ port = 0 }: TwilioSimulatorOptions = {}): Promise<TwilioSimulator> {
  const accountSid = hex('AC')
  const authToken = randomBytes(16).toString('hex')
  const apiKey = { sid: hex('SK'), secret: randomBytes(16).toString('hex') }
  const from = '+15005550006'
  const received: TwilioReceived[] = []
  const statuses: number[] = []
  const calls: TwilioCall[] = []
  const callbacks: { status: string; answered: number }[] = []
  const behaviors: TwilioBehavior[] = []
  const reports = new Set<Promise<void>>()
  let callee: Callee = 'human'

  const callBack: TwilioSimulator['callBack'] = (url, fields) => {
    const signed = Object.keys(fields)
      .sort()
      .reduce((text, name) => text + name + fields[name], url)
    return fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': createHmac('sha1', authToken).update(signed).digest('base64'),
      },
      body: new URLSearchParams(fields),
      redirect: 'manual',
      signal: AbortSignal.timeout(15_000),
    })
  }
  const report = async (url: string | undefined, fields: Readonly<Record<string, string>>, times = 1) => {
    for (let nth = 0; url && nth < times; nth++) {
      const { status } = await callBack(url, { AccountSid: accountSid, ApiVersion: '2010-04-01', ...fields })
      callbacks.push({ status: fields.MessageStatus ?? fields.CallStatus ?? '', answered: status })
    }
  }
  const later = (work: () => Promise<void>) => {
    const done = work()
      .catch(() => undefined)
      .finally(() => reports.delete(done))
    reports.add(done)
  }

  const reportOnText = async ({ sid, fields }: TwilioReceived, behavior: TwilioBehavior) => {
    const about = { MessageSid: sid, To: fields.To ?? '', From: fields.From ?? '' }
    const failed = typeof behavior === 'object' && 'undelivered' in behavior ? behavior.undelivered : undefined
    const states = ['sent', failed === undefined ? 'delivered' : 'undelivered']
    if (behavior === 'out-of-order') states.reverse()
    for (const state of states) {
      const reason: Readonly<Record<string, string>> = failed !== undefined && state === 'undelivered' ? { ErrorCode: String(failed) } : {}
      await report(fields.StatusCallback, { ...about, MessageStatus: state, ...reason }, behavior === 'duplicates' ? 3 : 1)
    }
  }

  /** Plays a call: says what the document says, presses a key where one is asked for and a person is there, and says what comes then. */
  const ring = async ({ sid, fields }: TwilioReceived, behavior: TwilioBehavior) => {
    const about = { CallSid: sid, To: fields.To ?? '', From: fields.From ?? '' }
    const heard: string[] = []
    const say = (document: string) => {
      for (const [, attributes = '', text = ''] of document.matchAll(/<Say([^>]*)>([^<]*)<\/Say>/g)) {
        const times = Number(/loop="(\d+)"/.exec(attributes)?.[1] ?? 1)
        for (let nth = 0; nth < times; nth++) heard.push(unescaped(text))
      }
    }
    if (callee === 'human' || callee === 'machine') {
      const document = fields.Twiml ?? ''
      say(document)
      const action = /<Gather[^>]*\baction="([^"]+)"/.exec(document)?.[1]
      if (action && callee === 'human') {
        const reply = await callBack(unescaped(action), {
          AccountSid: accountSid,
          ApiVersion: '2010-04-01',
          ...about,
          CallStatus: 'in-progress',
          Digits: '5',
        })
        const text = await reply.text()
        callbacks.push({ status: 'key', answered: reply.status })
        if (reply.status === 200 && reply.headers.get('content-type')?.includes('xml')) say(text)
      }
      calls.push({ to: fields.To ?? '', heard })
    }
    const ended = callee === 'human' || callee === 'machine' ? 'completed' : callee
    await report(fields.StatusCallback, { ...about, CallStatus: ended, CallDuration: '12' }, behavior === 'duplicates' ? 3 : 1)
  }

  const answer = (response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    statuses.push(status)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const refuse = (response: ServerResponse, status: number, code: number, headers: Readonly<Record<string, string>> = {}) =>
    answer(response, status, { code, message: 'refused', more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers)

  const isAuthorized = ({ headers }: IncomingMessage) => {
    const given = Buffer.from(headers.authorization ?? '')
    const right = [`${accountSid}:${authToken}`, `${apiKey.sid}:${apiKey.secret}`].map((pair) =>
      Buffer.from(`Basic ${Buffer.from(pair).toString('base64')}`),
    )
    return right.some((one) => one.length === given.length && timingSafeEqual(one, given))
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const [, account, resource] = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/(Messages|Calls)\.json$/.exec(request.url ?? '') ?? []
    if (!isAuthorized(request)) return refuse(response, 401, 20003)
    if (account !== accountSid || (resource !== 'Messages' && resource !== 'Calls')) return refuse(response, 404, 20404)
    if (request.method !== 'POST') return refuse(response, 405, 20004)
    if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return refuse(response, 400, 21601)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    const behavior = behaviors.shift() ?? 'accept'
    if (behavior === 'hang') return
    if (typeof behavior === 'object' && 'busy' in behavior) return refuse(response, 429, 20429, { 'retry-after': String(behavior.busy) })
    if (typeof behavior === 'object' && 'fail' in behavior)
      return answer(response, behavior.fail, '<html><body>Oh no</body></html>', { 'content-type': 'text/html' })
    if (typeof behavior === 'object' && 'refuse' in behavior) return refuse(response, behavior.status ?? 400, behavior.refuse)
    const wrong = wrongField(resource, form)
    if (wrong !== undefined) return refuse(response, 400, wrong)
    const fields = Object.fromEntries(form)
    const one: TwilioReceived = { resource, sid: hex(resource === 'Messages' ? 'SM' : 'CA'), fields, at: new Date() }
    received.push(one)
    if (behavior !== 'silent') later(() => (resource === 'Messages' ? reportOnText(one, behavior) : ring(one, behavior)))
    const whole = JSON.stringify({
      sid: one.sid,
      account_sid: accountSid,
      status: 'queued',
      to: fields.To,
      error_code: null,
      error_message: null,
    })
    if (behavior === 'lost-answer') return void request.socket.destroy()
    if (behavior === 'nothing') return answer(response, 200, '')
    if (behavior === 'html') return answer(response, 200, `<html><body>Welcome. ${whole}</body></html>`, { 'content-type': 'text/html' })
    if (behavior === 'half-a-body') {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': String(whole.length) })
      response.write(whole.slice(0, whole.length / 2))
      statuses.push(201)
      setTimeout(() => request.socket.destroy(), 50)
      return
    }
    answer(response, 201, whole)
  }

  const server = createServer((request, response) => void handle(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: opened } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${opened}`,
    accountSid,
    authToken,
    apiKey,
    from,
    received,
    statuses,
    calls,
    callbacks,
    behave: (...next) => void behaviors.push(...next),
    answerAs: (next) => {
      callee = next
    },
    reported: async () => {
      while (reports.size > 0) await Promise.all(reports)
    },
    callBack,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The code of the first field that Twilio would refuse, or one that it does not know and would pass over in silence. */
function wrongField(resource: TwilioReceived['resource'], form: URLSearchParams): number | undefined {
  const to = form.get('To') ?? ''
  const from = form.get('From')
  const has = (name: string) => form.has(name)
  for (const name of form.keys()) if (!known[resource].includes(name) || form.getAll(name).length > 1) return 20001
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return 21211
  if (magicTo[to]) return magicTo[to]
  if (from !== null && magicFrom[from]) return magicFrom[from]
  const callback = form.get('StatusCallback')
  if (callback !== null && !/^https?:\/\/[^\s]+$/.test(callback)) return 21609
  if (resource === 'Messages') {
    const body = form.get('Body') ?? ''
    const validity = Number(form.get('ValidityPeriod') ?? 14_400)
    if (has('From') === has('MessagingServiceSid')) return 21603
    if (from !== null && !/^(?:\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11})$/.test(from)) return 21606
    if (has('MessagingServiceSid') && !/^MG[0-9a-f]{32}$/.test(form.get('MessagingServiceSid') ?? '')) return 21701
    if (body === '') return 21602
    if ([...body].length > 1600) return 21617
    return Number.isInteger(validity) && validity >= 1 && validity <= 36_000 ? undefined : 21722
  }
  const document = form.get('Twiml') ?? ''
  const timeout = Number(form.get('Timeout') ?? 60)
  if (from === null || !/^\+[1-9]\d{6,14}$/.test(from)) return 21212
  if (document === '' || document.length > 4000 || !isWellFormed(document)) return 12100
  return timeout >= 1 && timeout <= 600 ? undefined : 21218
}

/** Whether every element is closed in its turn and text holds no bare sign; enough for documents of a dozen elements. */
function isWellFormed(document: string): boolean {
  const open: string[] = []
  const rest = document
    .replace(/^<\?xml [^>]*\?>/, '')
    .replace(/<(\/?)([A-Za-z]+)((?:\s+[A-Za-z]+="[^"<&]*(?:&#?\w+;[^"<&]*)*")*)\s*(\/?)>/g, (_all, closes, name, _attributes, isEmpty) => {
      if (closes) return open.pop() === name ? '' : '<'
      if (!isEmpty) open.push(name)
      return ''
    })
  return open.length === 0 && !/[<>]|&(?!#?\w+;)/.test(rest)
}
