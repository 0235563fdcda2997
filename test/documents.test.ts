import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { settings } from '#config'
import { mostAuthenticators } from '#domain/authenticators.ts'
import { type ProblemCode, problems } from '#domain/problem.ts'
import { freshProofSeconds, sessionLifetime } from '#domain/session.ts'
import { signInLifetimeSeconds } from '#domain/sign-in.ts'
import * as throttle from '#domain/throttle.ts'
import { invitationLifetimeSeconds } from '#flows/invitations.ts'
import { authorityTable, printedTable } from './authority.ts'
import { type Kit, openKit } from './kit.ts'

/** What the documents say is compared with what the code does, so that neither can change without the other. */
const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: (name) => name === 'node_modules' }).sort()

/** The cells of all table rows, without heads and rules. A bar within a cell is written `\|`. */
function rowsOf(markdown: string): string[][] {
  const lines = markdown.split('\n')
  return lines
    .filter((line, index) => line.startsWith('|') && !/^\|[-|: ]+$/.test(line) && !/^\|[-|: ]+$/.test(lines[index + 1] ?? ''))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')))
}

/** The part of a document below a heading, up to the next one of the same height. */
function sectionOf(markdown: string, heading: string): string {
  const [, after] = markdown.split(`\n${heading}\n`)
  assert.ok(after !== undefined, `there is no "${heading}"`)
  return after.split(new RegExp(`\n${heading.split(' ')[0]} `))[0] ?? ''
}

/** Fenced blocks with their language. */
function blocksOf(markdown: string): { language: string; text: string }[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
}

const bare = (cell: string) => cell.replaceAll('`', '')

describe('errors.md', () => {
  const sections = read('docs/errors.md')
    .split('\n## ')
    .slice(1)
    .map((section) => ({ code: section.split('\n')[0] ?? '', text: section.slice(section.indexOf('\n')).trim() }))

  test('has a section for every problem, and no other', () => {
    const listed = sections.map(({ code }) => code)
    assert.deepEqual(listed.toSorted(), Object.keys(problems).toSorted())
  })

  test('begins each section with the status', () => {
    for (const { code, text } of sections) {
      assert.ok(text.startsWith(`${problems[code as ProblemCode].status}. `), code)
      assert.ok(text.length > 60, `${code} says what it means and what to do`)
    }
  })

  test('names every reason that a code or a password is refused for', () => {
    const reasons: Record<string, readonly string[]> = {
      'code-not-accepted': ['malformed', 'mismatch', 'late', 'replayed', 'clock', 'used-backup-code', 'pass-gone'],
      'password-too-weak': ['too-short', 'too-long', 'common', 'contains-context'],
    }
    const written = (file: string) => [...read(file).matchAll(/reason: '([a-z-]+)'/g)].map(([, reason]) => reason)
    for (const reason of [
      ...written('src/factors/totp.ts'),
      ...written('src/factors/backup-codes.ts'),
      ...written('src/factors/one-time-pass.ts'),
    ]) {
      assert.ok(reasons['code-not-accepted']?.includes(reason ?? ''), reason)
    }
    for (const reason of written('src/flows/password-rules.ts')) assert.ok(reasons['password-too-weak']?.includes(reason ?? ''), reason)
    for (const [code, list] of Object.entries(reasons)) {
      const { text = '' } = sections.find((one) => one.code === code) ?? {}
      for (const reason of list) assert.ok(text.includes(`\`${reason}\``), `${code}: ${reason}`)
    }
  })

  test('shows an example that the list would give', () => {
    const example = JSON.parse(blocksOf(read('docs/errors.md'))[0]?.text ?? '')
    assert.deepEqual(problems[example.code as ProblemCode], { status: example.status, title: example.title })
    assert.ok(example.type.endsWith(`/problems/${example.code}`))
  })
})

describe('configuration.md', () => {
  test('has every setting with its default and its sentence, in the order of the code, and no other', () => {
    const written = rowsOf(read('docs/configuration.md')).map(([name = '', value = '', says = '']) => [
      bare(name),
      value === 'none' ? '' : bare(value),
      says,
    ])
    assert.deepEqual(
      written,
      Object.entries(settings).map(([name, setting]) => [name, setting.default, setting.says]),
    )
  })

  test('is the only list: every setting that another document names exists', () => {
    const ours = Object.keys(settings)
    const known = new Set<string>([...ours, 'NODE_ENV', 'UV_THREADPOOL_SIZE'])
    for (const path of documents) {
      for (const { language, text } of blocksOf(read(path))) {
        if (language !== 'ini') continue
        for (const [, name = ''] of text.matchAll(/^([A-Z][A-Z_]+)=/gm)) assert.ok(known.has(name), `${path}: ${name}`)
      }
    }
  })
})

describe('threat-model.md', () => {
  const text = read('docs/threat-model.md')
  const duration = (seconds: number) => (seconds < 60 ? `${seconds} s` : `${seconds / 60} min`)

  test('has every lane with its limit and its waits', () => {
    const lanes = Object.entries(throttle).filter((entry): entry is [string, throttle.Lane] => typeof entry[1] === 'object')
    const expected = lanes.map(([name, { limit, waits }]) => {
      const free = waits.findIndex((one) => one > 0)
      return [name, limit.toLocaleString('en-US'), `none for the first ${free}, then ${waits.slice(free).map(duration).join(', ')}`]
    })
    const rows = rowsOf(sectionOf(text, '## How many guesses there are')).filter(([name = '']) => name.startsWith('`'))
    assert.deepEqual(rows.map(([name = '', limit, waits]) => [bare(name), limit, waits]).toSorted(), expected.toSorted())
  })

  test('tells when the owner is told, and the chance that the numbers give', () => {
    const { codesFromAnywhere, noticeAfterWrongCodes } = throttle
    assert.match(text, new RegExp(`At ${noticeAfterWrongCodes} wrong codes from strangers the owner is told`))
    const chance = 1 - (1 - 3 / 1_000_000) ** codesFromAnywhere.limit
    assert.match(text, new RegExp(`\\(\`mostAuthenticators\`, ${mostAuthenticators}\\)`))
    assert.match(
      text,
      new RegExp(`With ${codesFromAnywhere.limit} guesses that is a chance of ${Math.round(chance * 100_000)} in\\s+100,000`),
    )
  })

  test('has the durations of the code', () => {
    const durations: Record<string, number> = {
      signInLifetimeSeconds,
      freshProofSeconds,
      'sessionLifetime.idleSeconds': sessionLifetime.idleSeconds,
      'sessionLifetime.overallSeconds': sessionLifetime.overallSeconds,
      invitationLifetimeSeconds,
    }
    const written = rowsOf(text).flatMap(([what = '', long = '']) => {
      const [, name] = /\(`([\w.]+)`\)$/.exec(what) ?? []
      return name === undefined ? [] : [[name, long]]
    })
    assert.deepEqual(
      Object.fromEntries(written),
      Object.fromEntries(Object.entries(durations).map(([name, seconds]) => [name, `${seconds.toLocaleString('en-US')} s`])),
    )
    const recovery = read('src/flows/recovery.ts') + read('src/flows/email-change.ts')
    for (const [what, constant] of [
      ['a password reset', 'passwordResetLifetimeSeconds'],
      ['the address of the set-up', 'setUpLifetimeSeconds'],
      ['a change of email', 'emailChangeLifetimeSeconds'],
    ] as const) {
      const seconds = Number(new RegExp(`${constant} = ([\\d_]+)`).exec(recovery)?.[1]?.replaceAll('_', ''))
      assert.deepEqual(
        rowsOf(text).find(([one]) => one === what),
        [what, `${seconds.toLocaleString('en-US')} s`],
      )
    }
  })

  test('names each attack once, in order within its table', () => {
    const attacks = rowsOf(text).flatMap(([id = '']) => (/^A\d+$/.test(id) ? [id] : []))
    assert.equal(new Set(attacks).size, attacks.length, 'twice')
    assert.ok(attacks.length >= 92)
    const heads = text.split(/^\|[-|: ]+$/m).slice(1)
    for (const table of heads) {
      const numbers = [...table.matchAll(/^\| A(\d+) /gm)].map(([, number]) => Number(number))
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
    }
  })

  test('names tests that exist for what it says is held off', () => {
    const held = rowsOf(sectionOf(text, '## Attacks and the tests that hold them off'))
    assert.ok(held.length > 20)
    for (const [id = '', , files = ''] of held) {
      const paths = [...files.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
      assert.ok(paths.length > 0, id)
      for (const path of paths)
        assert.ok(existsSync(join(root, path)) && path.startsWith(path.startsWith('src') ? 'src/' : 'test/'), `${id}: ${path}`)
    }
  })
})

describe('glossary.md', () => {
  const sources = globSync('src/**/*.ts', { cwd: root, exclude: (name) => name.endsWith('.test.ts') })
  const migrations = sources
    .filter((path) => path.startsWith('src/store/migrations/'))
    .map(read)
    .join('\n')
  const tables = [...migrations.matchAll(/create table (\w+)/g)].map(([, name = '']) => name)

  test('defines nouns that the named file exports', () => {
    for (const [nouns = '', , where = ''] of rowsOf(read('docs/glossary.md'))) {
      const file = /`(src\/[^`]+)`/.exec(where)?.[1]
      for (const [, noun] of nouns.matchAll(/`([A-Za-z]+)`/g)) {
        assert.ok(file, `${noun} has a place`)
        assert.match(read(file), new RegExp(`^export (?:interface|type|class|const) ${noun}\\b`, 'm'), `${noun} in ${file}`)
      }
      for (const [, table = ''] of where.matchAll(/table `(\w+)`/g)) assert.ok(tables.includes(table), table)
    }
  })

  test('has every table under a noun, and architecture.md has them all with what they are for', () => {
    const inGlossary = [...read('docs/glossary.md').matchAll(/table `(\w+)`/g)].map(([, name = '']) => name)
    const inArchitecture = rowsOf(sectionOf(read('docs/architecture.md'), '## Tables')).map(([name = '']) => bare(name))
    assert.deepEqual(
      tables.filter((name) => !inGlossary.includes(name)),
      [],
    )
    assert.deepEqual(inArchitecture.toSorted(), tables.toSorted())
  })
})

describe('architecture.md', () => {
  test('has every room of src', () => {
    const text = read('docs/architecture.md')
    for (const room of globSync('src/*/', { cwd: root })) assert.ok(text.includes(`\`${room.replace(/\/$/, '')}\``), room)
  })

  test('says where each one-time thing is spent, in files that exist', () => {
    for (const [, , file = ''] of rowsOf(sectionOf(read('docs/architecture.md'), '## What is spent where')))
      assert.ok(existsSync(join(root, bare(file))), file)
  })
})

describe('every document', () => {
  const linksOf = (text: string) =>
    [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/!?\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  const anchorsOf = (text: string) =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    )

  test('links to files and headings that are there', () => {
    const broken: string[] = []
    for (const path of documents) {
      for (const target of linksOf(read(path))) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', anchor] = target.split('#')
        const to = file === '' ? path : relative(root, resolve(root, dirname(path), file))
        if (to.startsWith('..') || !existsSync(join(root, to))) broken.push(`${path}: ${target}`)
        else if (anchor !== undefined && !anchorsOf(read(to)).includes(anchor)) broken.push(`${path}: ${target}`)
      }
    }
    assert.deepEqual(broken, [])
  })

  test('names no place that packages come from', () => {
    const places = /\bregistry\b|\bnpmjs\b|\bjsdelivr\b|\bunpkg\b/i
    assert.deepEqual(
      documents.filter((path) => places.test(read(path))),
      [],
    )
  })

  test('names npm scripts and files of the house that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const wrong: string[] = []
    for (const path of documents) {
      for (const [, script = ''] of read(path).matchAll(/\bnpm run ([\w:-]+)/g))
        if (!scripts[script]) wrong.push(`${path}: npm run ${script}`)
      for (const [, file = ''] of read(path).matchAll(/`((?:src|test|docs|console|bench|\.ci)\/[\w./-]+)`/g)) {
        if (!existsSync(join(root, file)) && file !== 'bench/results/latest.md') wrong.push(`${path}: ${file}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('decisions are numbered without gaps, named after their number, at most a page, and say the same four things', () => {
    const decisions = documents.filter((path) => path.startsWith('docs/decisions/'))
    decisions.forEach((path, index) => {
      const number = String(index + 1).padStart(4, '0')
      const text = read(path)
      assert.ok(path.startsWith(`docs/decisions/${number}-`), path)
      assert.ok(text.startsWith(`# ${number}: `), path)
      for (const heading of ['Context', 'Decision', 'What it costs', 'When to revisit'])
        assert.ok(text.includes(`\n## ${heading}\n`), `${path}: ${heading}`)
      assert.ok(text.split('\n').length <= 60, path)
    })
  })
})

describe('the README', () => {
  const text = read('README.md')

  test('begins with a name, one sentence, and two blocks of one command each, whose scripts exist', () => {
    const [name, sentence, first, second] = text.split(/\n\n+/)
    assert.match(name ?? '', /^# \w+$/)
    assert.match(sentence ?? '', /^[A-Z][^.]*\.$/)
    assert.equal(first, '```sh\nnpm ci && npm start\n```')
    assert.equal(second, '```sh\nnpm ci && npm test\n```')
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const script of ['start', 'test']) {
      const [, file = ''] = /\b((?:src|test)\/[\w./-]+\.ts)/.exec(scripts[script] ?? '') ?? []
      assert.ok(existsSync(join(root, file)) && file !== '', script)
    }
  })

  test('shows its pictures with a description', () => {
    const pictures = [...text.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)]
    assert.equal(pictures.length, 3)
    for (const [, description = '', path = ''] of pictures) assert.ok(description.length > 20, path)
  })
})

/** A call of curl in a shell example: what it sends, and the shell variable that gets the proof out of its reply. */
interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly keeps: boolean
}

/** Reads the calls of an example. It knows the few options that the documents use, and refuses others. */
function callsOf(script: string): Call[] {
  const lines = script.replaceAll('\\\n', ' ').split('\n')
  return lines.flatMap((line) => {
    const command = /(?:^|\()(curl .*)$/.exec(line)?.[1]
    if (command === undefined) return []
    const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '')
    const headers: Record<string, string> = {}
    let [method, path, body] = ['', '', undefined as string | undefined]
    for (let at = 1; at < words.length && words[at] !== '|'; at++) {
      const word = words[at] ?? ''
      if (word === '-s') continue
      if (word === '-c' || word === '-b') assert.equal(words[++at], 'jar')
      else if (word === '-X') method = words[++at] ?? ''
      else if (word === '-d') body = words[++at]
      else if (word === '-H') {
        const [name = '', value = ''] = (words[++at] ?? '').split(/:\s*/)
        headers[name.toLowerCase()] = value
      } else {
        assert.ok(word.startsWith('$api/'), `curl ${word}`)
        path = word.replace('$api', '/api/v1')
      }
    }
    return [{ method: method || (body === undefined ? 'GET' : 'POST'), path, headers, body, keeps: line.startsWith('token=') }]
  })
}

describe('the examples', () => {
  let kit: Kit
  before(async () => {
    kit = await openKit()
  })
  after(() => kit.close())

  test('the sign-in of the README works as it is written', async () => {
    const script = blocksOf(read('README.md')).find((block) => block.text.includes('curl'))?.text ?? ''
    const calls = callsOf(script)
    assert.deepEqual(
      calls.map(({ method, path }) => `${method} ${path}`),
      ['POST /api/v1/sign-ins', 'POST /api/v1/sign-ins/current/answers', 'GET /api/v1/session', 'DELETE /api/v1/session'],
    )
    const site = await kit.site({ mode: 'everyone' })
    const person = await kit.person(site.id)
    await kit.signIn(person)
    kit.pass(30)

    const cookies = new Map<string, string>()
    const replies: { readonly status: number; readonly json: Record<string, unknown> | undefined }[] = []
    let token = ''
    for (const { method, path, headers, body, keeps } of calls) {
      const mine = body?.replace('ada@example.org', person.email).replace('123456', kit.code(person))
      assert.ok(body === undefined || mine !== body, 'the person of the example stands in for ours')
      const reply = await kit.app.inject({
        method: method as 'GET',
        url: path,
        headers: {
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('$token', token)])),
          ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        },
        ...(mine === undefined ? {} : { payload: mine }),
      })
      for (const { name, value } of reply.cookies) {
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      const json = reply.payload === '' ? undefined : (JSON.parse(reply.payload) as Record<string, unknown>)
      if (keeps) token = String(json?.csrfToken)
      replies.push({ status: reply.statusCode, json })
    }
    assert.deepEqual(
      replies.map(({ status }) => status),
      [201, 200, 200, 204],
      JSON.stringify(replies),
    )
    assert.equal(replies[0]?.json?.step, 'answer')
    assert.equal(replies[1]?.json?.step, 'done')
    assert.equal(replies[2]?.json?.aal, 2)
    assert.deepEqual(replies[2]?.json?.amr, ['pwd', 'otp', 'mfa'])
    const gone = await kit.app.inject({
      url: '/api/v1/session',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    assert.equal(gone.statusCode, 401)
  })

  test('integrating.md has every route of the API and no other', async () => {
    const { paths } = (await kit.app.inject({ url: '/api/v1/openapi.json' })).json() as { paths: Record<string, Record<string, unknown>> }
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const written = rowsOf(sectionOf(read('docs/guides/integrating.md'), '## All routes')).map(
      ([method, path = '']) => `${method} ${bare(path)}`,
    )
    assert.deepEqual(written.toSorted(), served.toSorted())
  })

  test('authority.md has the authority of every route as the routes declare it', () => {
    assert.equal(printedTable(), authorityTable(kit.app.authorities), 'run npm run authority, and read what has changed')
  })

  test('integrating.md has every step of a sign-in', () => {
    const written = rowsOf(sectionOf(read('docs/guides/integrating.md'), '## A sign-in, step by step')).map(([step = '']) => bare(step))
    const steps = [...read('src/contract/sign-in.ts').matchAll(/step: Type\.Literal\('(\w+)'\)/g)].map(([, step]) => step)
    assert.deepEqual(written.toSorted(), steps.toSorted())
  })

  test('the cookies of architecture.md are those that are set', async () => {
    const written = rowsOf(sectionOf(read('docs/architecture.md'), '## Cookies')).map(([name = '']) => bare(name))
    const site = await kit.site({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const client = await kit.signIn(person)
    kit.pass(30)
    await client.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    await client.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code(person), remember: true })
    await client.call('GET', '/api/v1/session')
    await client.call('POST', '/api/v1/me/sign-ins', { intent: 'confirm' })
    assert.deepEqual([...client.cookies.keys()].toSorted(), written.toSorted())
  })
})
