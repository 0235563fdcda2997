import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize, resolve } from 'node:path'
import { describe, test } from 'node:test'

/**
 * The house as a table: what each room may know. A room imports only rooms of a lower height, and rooms of one height do not
 * know each other; what is written here is narrower still. A package may be used only where it stands, and stands there with
 * its reason: whoever adds a dependency writes the sentence.
 */
type Room = {
  /** A folder, or one file, from the root of the repository. */
  at: string
  height: number
  /** Rooms it may import; `types` of a room means that only `import type` may reach it. */
  rooms: readonly string[]
  /** Node's own modules: some by name, all, or none. */
  node: readonly string[] | 'all'
  /** Package (or `@scope/*`) → why this room has it. `all` is for folders that no server runs. */
  packages: Readonly<Record<string, string>> | 'all'
}

const plan: Readonly<Record<string, Room>> = {
  domain: { at: 'src/domain', height: 0, rooms: [], node: [], packages: {} },
  contract: {
    at: 'src/contract',
    height: 0,
    rooms: [],
    node: [],
    packages: { typebox: 'One schema is the validation, the type and the OpenAPI description of what crosses HTTP.' },
  },
  crypto: {
    at: 'src/crypto',
    height: 1,
    rooms: ['domain'],
    node: ['node:crypto', 'node:util', 'node:buffer', 'node:os'],
    packages: {
      jose: 'Signs and checks the tokens that a portal and we share a secret for; a token is no place for code of our own.',
      '@node-rs/argon2': "Argon2id for passwords; measured twice as fast here as Node's own, and off the main thread.",
    },
  },
  words: { at: 'src/words', height: 1, rooms: ['domain', 'types of contract'], node: [], packages: {} },
  // What takes the types off a file and keeps what is left; plain JavaScript, because it is there before any TypeScript.
  'without-types': { at: 'src/without-types.mjs', height: 1, rooms: [], node: 'all', packages: {} },
  factors: {
    at: 'src/factors',
    height: 2,
    rooms: ['domain', 'crypto'],
    node: ['node:crypto', 'node:buffer'],
    packages: {
      '@simplewebauthn/server':
        'Takes apart and checks what browsers say of passkeys: CBOR, COSE and attestation are no place for code of our own.',
      jose: 'Signs and checks the tokens of the Universal Prompt; a token is no place for code of our own.',
      saxes: "Reads AuthAnvil's XML strictly: well-formed, with namespaces, without resolving an entity, and it says where a DTD begins.",
    },
  },
  store: {
    at: 'src/store',
    height: 2,
    rooms: ['domain', 'crypto'],
    node: 'all',
    packages: {
      kysely: 'SQL that the compiler checks against the tables, without an object mapper between us and the statement.',
      pg: 'The driver for a PostgreSQL server.',
      '@electric-sql/pglite': 'PostgreSQL in the process, so that a first installation needs no database server.',
    },
  },
  delivery: {
    at: 'src/delivery',
    height: 2,
    rooms: ['domain', 'words'],
    node: 'all',
    packages: { nodemailer: 'Speaks SMTP, with the encodings and the certificate checks that a mail needs.' },
  },
  flows: {
    at: 'src/flows',
    height: 3,
    rooms: ['domain', 'types of contract', 'crypto', 'factors', 'store', 'types of delivery', 'words'],
    node: [],
    packages: {
      '@zxcvbn-ts/language-common': 'The list of common passwords that are refused; only the list, none of its judging.',
      'libphonenumber-js': 'Knows which phone numbers there are in which country, and brings them to the one form that is stored.',
    },
  },
  http: {
    at: 'src/http',
    height: 4,
    rooms: ['domain', 'contract', 'crypto', 'words', 'flows', 'without-types'],
    node: 'all',
    packages: {
      fastify: 'The HTTP server: validates by schema, limits sizes and times, and can be tested without a socket.',
      '@fastify/cookie': 'Reads and writes cookies by the rules browsers follow.',
      '@fastify/formbody': 'Reads the posts of plain HTML forms, which is what the Prompt sends.',
      '@fastify/multipart': "Reads fields that come in parts, with limits: one of Duo's libraries sends no other.",
      '@fastify/static': "Serves the Console's built files with the right caching.",
      '@fastify/swagger': 'Draws the OpenAPI 3.1 document out of the schemas of the routes.',
      '@fastify/type-provider-typebox': 'Gives handlers the types of their schemas, so that the two cannot differ.',
      typebox:
        'The parameters in a path and an empty answer are described where the route is, and what a script put into a form is checked by its schema; all else comes from contract.',
      'oidc-provider': 'Speaks OpenID Connect to applications: certified, so that no token or redirect is checked by code of our own.',
      qrcode: 'Draws the QR code of a new authenticator as SVG on the server, where the secret already is.',
    },
  },
  console: {
    at: 'console',
    height: 5,
    rooms: ['types of contract', 'words'],
    node: [],
    packages: {
      react: 'Draws the Console.',
      'react-dom': 'Puts what React draws into the page.',
      '@mantine/*': 'Accessible components in one look: forms, tables, dialogs, notifications.',
      '@tanstack/*': 'Fetching with a cache that knows when it is stale, and routes that the compiler checks.',
      '@tabler/icons-react': 'The icons that stand beside the words, one import each.',
      'libphonenumber-js': 'The countries with their codes, and a number as people of that country type it.',
    },
  },
  config: {
    at: 'src/config.ts',
    height: 6,
    rooms: ['domain', 'crypto', 'words', 'factors', 'store', 'delivery', 'flows', 'http'],
    node: 'all',
    packages: {},
  },
  main: {
    at: 'src/main.ts',
    height: 7,
    rooms: ['domain', 'contract', 'crypto', 'words', 'factors', 'store', 'delivery', 'flows', 'http', 'config', 'simulators'],
    node: 'all',
    packages: {},
  },
  // Real servers on loopback that play Duo, a text gateway and the like: strangers to us, as the real ones are.
  simulators: { at: 'simulators', height: 0, rooms: [], node: 'all', packages: 'all' },
  // A stranger that starts the server and plays people over HTTP; only to know the code of an app it has the factors' arithmetic.
  // Beside it the demo plays the services outside.
  demo: { at: 'demo', height: 8, rooms: ['factors', 'simulators'], node: 'all', packages: {} },
  // Applications of somebody else, as they would be written: strangers to us, too.
  examples: { at: 'examples', height: 0, rooms: [], node: 'all', packages: 'all' },
  bench: { at: 'bench', height: 8, rooms: ['all'], node: 'all', packages: 'all' },
  test: { at: 'test', height: 8, rooms: ['all'], node: 'all', packages: 'all' },
}

/** What no room imports at run time, or only the tests do: the same sentence is owed. */
const tools: Readonly<Record<string, string>> = {
  node: 'Puts Node 24 first on the path of the npm scripts, so that a machine with Node 20 runs TypeScript unbuilt.',
  typescript: 'Checks the types; nothing is compiled with it.',
  '@biomejs/biome': 'Formatter and linter in one quick program.',
  knip: 'Finds files, exports and dependencies that nobody uses.',
  vite: 'Bundles the Console, and serves it while it is worked on.',
  '@vitejs/plugin-react': 'Lets Vite read JSX.',
  'playwright-core': 'Drives a real browser in the browser tests, without bringing one along.',
  'axe-core': 'Judges the pages by the accessibility rules in the browser tests.',
  'smtp-server': 'The mail server on loopback that the tests and the demo send to.',
  mailparser: 'Reads a mail in a test as the mail program of its reader would.',
  jsqr: 'Scans the QR code of a page in a test, as an authenticator app does.',
  pngjs: 'Turns a picture of the QR code into the pixels that are scanned.',
  '@duosecurity/duo_universal': "The vendor's own client of the Universal Prompt, which has to get along with the simulated Duo.",
  '@duosecurity/duo_api': "The vendor's own client of the Auth and Admin API, for the same.",
  'openid-client': 'The client of applications, as the example portal uses it, which has to get along with our OpenID Connect.',
  '@types/mailparser': 'Types for mailparser.',
  '@types/oidc-provider': 'Types for oidc-provider.',
  '@types/node': "Types for Node's own modules.",
  '@types/nodemailer': 'Types for nodemailer.',
  '@types/pg': 'Types for pg.',
  '@types/pngjs': 'Types for pngjs.',
  '@types/qrcode': 'Types for qrcode.',
  '@types/react': 'Types for react.',
  '@types/react-dom': 'Types for react-dom.',
  '@types/smtp-server': 'Types for smtp-server.',
}

type Import = { target: string; typeOnly: boolean }
/** A file's code without its comments, and with every string literal replaced by its number in `strings`. */
type Code = { text: string; strings: readonly string[] }

const root = resolve(import.meta.dirname, '..')
const regexAfter = String.raw`(?<=[=(,:[!&|?{};]\s*|\breturn\s+)`
const tokens = new RegExp(
  [
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`\/\/[^\n]*`,
    String.raw`(?<string>'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")`,
    String.raw`(?<regex>${regexAfter}\/(?![*\/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n[])+\/[a-z]*)`,
  ].join('|'),
  'g',
)

function codeOf(source: string): Code {
  const strings: string[] = []
  const text = source.replace(tokens, (whole, ...rest) => {
    const { string, regex } = rest.at(-1) as { string?: string; regex?: string }
    if (string !== undefined) return `'${strings.push(string.slice(1, -1)) - 1}'`
    return regex !== undefined ? '/x/' : whole.replace(/[^\n]/g, ' ')
  })
  return { text, strings }
}

/** Static, type-only, re-exporting and dynamic imports alike; a dynamic one of something computed is given as `(computed)`. */
function importsOf({ text, strings }: Code): Import[] {
  const found: Import[] = []
  const literal = (index: string | undefined) => strings[Number(index)] ?? ''
  for (const match of text.matchAll(/(?:^|[;\n])\s*(?:import|export)\s+(type\s+(?!from\b))?[\w$*{},\s]*?\bfrom\s*'(\d+)'/g)) {
    found.push({ target: literal(match[2]), typeOnly: match[1] !== undefined })
  }
  for (const match of text.matchAll(/(?:^|[;\n])\s*import\s*'(\d+)'/g)) found.push({ target: literal(match[1]), typeOnly: false })
  for (const match of text.matchAll(/(typeof\s+)?\bimport(?:\.meta\.resolve)?\(\s*(?:'(\d+)'\s*[,)])?/g)) {
    found.push({ target: match[2] === undefined ? '(computed)' : literal(match[2]), typeOnly: match[1] !== undefined })
  }
  // Only of a literal: a function of that name is somebody's requirement, not Node's.
  for (const match of text.matchAll(/\brequire\(\s*'(\d+)'\s*\)/g)) found.push({ target: literal(match[1]), typeOnly: false })
  return found
}

function roomAt(path: string): string | undefined {
  const tested = path.replace(/\.test\.ts$/, '.ts')
  return Object.keys(plan).find((name) => tested === plan[name]?.at || path.startsWith(`${plan[name]?.at}/`))
}

/** The room an import leads to, the package it names, or undefined for what leads nowhere in the house. */
function destination(file: string, target: string): { room: string } | { package: string } | undefined {
  if (isBuiltin(target)) return { package: target }
  const alias = /^#([^/]+)/.exec(target)?.[1]
  const room = alias ? plan[alias] && alias : target.startsWith('.') ? roomAt(normalize(join(dirname(file), target))) : undefined
  if (room) return { room }
  if (alias || target.startsWith('.')) return undefined
  return {
    package: target
      .split('/')
      .slice(0, target.startsWith('@') ? 2 : 1)
      .join('/'),
  }
}

const listed = (packages: Room['packages'], name: string) =>
  packages === 'all' ||
  Object.keys(packages).some((entry) => entry === name || (entry.endsWith('/*') && name.startsWith(entry.slice(0, -1))))

/** What is wrong with one import of one file, as the end of a sentence, or undefined. */
function trespass(file: string, { target, typeOnly }: Import): string | undefined {
  const own = roomAt(file)
  const room = own === undefined ? undefined : plan[own]
  if (!own || !room) return 'and is in no room of the plan'
  const isTest = /\.test\.tsx?$/.test(file)
  const to = destination(file, target)
  if (target === '(computed)') return room.rooms[0] === 'all' || own === 'main' || isTest ? undefined : 'which only shows when it runs'
  if (!to) return file.startsWith('console/') && /\.(css|svg)$/.test(target) ? undefined : 'which leads to no room'
  if ('package' in to) {
    if (isBuiltin(to.package)) {
      const allowed = isTest || room.node === 'all' || room.node.includes(to.package)
      return allowed ? undefined : to.package.startsWith('node:') ? `which ${own} may not use` : 'without the prefix node:'
    }
    return isTest || listed(room.packages, to.package) || isBuildFile(file) ? undefined : `which has no reason in ${own}`
  }
  if (to.room === own || room.rooms[0] === 'all') return undefined
  const there = plan[to.room]
  if (isTest && (to.room === 'test' || to.room === 'simulators' || (there && there.height < room.height))) return undefined
  if (room.rooms.includes(to.room)) return undefined
  if (room.rooms.includes(`types of ${to.room}`)) return typeOnly ? undefined : `which ${own} may know by its types only: write import type`
  return there && there.height < room.height ? `which the plan does not open to ${own}` : `which is not below ${own}`
}

/** Files that the tools read and no browser or server does. */
const isBuildFile = (file: string) => /\.config\.ts$/.test(file)

const sources = globSync(['src/**/*.ts', 'console/**/*.{ts,tsx}', 'simulators/**/*.ts', 'demo/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'], {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'dist',
}).sort()
const codes = new Map(sources.map((file) => [file, codeOf(readFileSync(join(root, file), 'utf8'))]))

describe('the floor plan', () => {
  for (const name of Object.keys(plan)) {
    test(`${name} imports what the plan opens to it, and nothing else`, () => {
      const wrong: string[] = []
      for (const [file, code] of codes) {
        if (roomAt(file) !== name) continue
        for (const found of importsOf(code)) {
          const why = trespass(file, found)
          if (why) wrong.push(`${file} imports ${found.target}, ${why}`)
        }
      }
      assert.deepEqual(wrong, [])
    })
  }

  test('every source file is in a room', () => {
    assert.deepEqual(
      sources.filter((file) => !roomAt(file)),
      [],
    )
  })

  test('the plan points downwards only', () => {
    const upwards: string[] = []
    for (const [name, room] of Object.entries(plan)) {
      for (const entry of room.rooms) {
        const other = entry.replace('types of ', '')
        if (other !== 'all' && (plan[other]?.height ?? Number.POSITIVE_INFINITY) >= room.height) upwards.push(`${name} → ${other}`)
      }
    }
    assert.deepEqual(upwards, [])
  })

  test('the rooms of the plan are the folders of src and the names in package.json', () => {
    const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }
    for (const [alias, place] of Object.entries(imports)) {
      const name = alias.replace(/^#/, '').replace('/*', '')
      assert.equal(`./${plan[name]?.at}`, place.replace('/*', ''), alias)
    }
    const folders = new Set(sources.filter((file) => /^src\/[^/]+\//.test(file)).map((file) => file.split('/').slice(0, 2).join('/')))
    assert.deepEqual(
      [...folders].filter((folder) => !roomAt(`${folder}/any.ts`)),
      [],
    )
  })

  test('every dependency has a reason, and every reason a dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >
    const names = Object.keys({ ...dependencies, ...devDependencies })
    const reasons: Record<string, string> = { ...tools }
    for (const { packages } of Object.values(plan)) if (packages !== 'all') Object.assign(reasons, packages)
    assert.deepEqual(
      names.filter((name) => !listed(reasons, name)),
      [],
      'used without a reason',
    )
    assert.deepEqual(
      Object.keys(reasons).filter((entry) => !names.some((name) => listed({ [entry]: '' }, name))),
      [],
      'a reason for nothing',
    )
    for (const [name, reason] of Object.entries(reasons)) assert.match(reason, /^[A-Z].{10,}\.$/, `the reason for ${name} is a sentence`)
  })

  test('a package that the server needs is not only there for development', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    const server = Object.values(plan).filter(({ at }) => at.startsWith('src'))
    const needed = server.flatMap(({ packages }) => (packages === 'all' ? [] : Object.keys(packages)))
    assert.deepEqual(
      needed.filter((name) => !dependencies[name]),
      [],
    )
  })
})

describe('the habits of the house', () => {
  test('the domain is pure: no waiting, no clock, no chance, no world', () => {
    const impure: Record<string, RegExp> = {
      'waits (await or async)': /\b(?:await|async)\b/,
      'makes a promise': /\bnew Promise\b|\bPromise\./,
      'reads the clock': /\bDate\.now\b|\bnew Date\(\s*\)|(?<!\bnew\s)\bDate\(\s*\)|\bperformance\.|\bTemporal\.Now\b/,
      'throws dice': /\bMath\.random\b|\bcrypto\.(?:random|getRandom)/,
      'touches the world': /\b(?:process|globalThis)\.|\bfetch\(|\bset(?:Timeout|Interval|Immediate)\(/,
    }
    const wrong: string[] = []
    for (const [file, { text }] of codes) {
      if (roomAt(file) !== 'domain' || file.endsWith('.test.ts')) continue
      for (const [sin, pattern] of Object.entries(impure)) {
        const line = text.split('\n').findIndex((one) => pattern.test(one))
        if (line >= 0) wrong.push(`${file}:${line + 1} ${sin}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('no file and no folder has a name that says nothing', () => {
    const empty = /(?:^|[-.])(?:utils?|helpers?|common|shared|lib|misc|core)$/
    const everything = globSync(['{src,console,simulators,demo,bench,test,docs}/**', '*'], {
      cwd: root,
      exclude: (name) => name === 'node_modules' || name === 'dist',
    })
    const said = (path: string) => path.split('/').some((part) => empty.test(part.replace(/(\.test|\.config|\.d)?\.[a-z]+$/, '')))
    assert.deepEqual(everything.filter(said), [])
  })

  test('file names are kebab-case', () => {
    assert.deepEqual(
      sources.filter((file) => !/^[a-z0-9/.-]+$/.test(file)),
      [],
    )
  })

  test('nobody but the lock file knows where packages come from', () => {
    const places = /\bregistry\.(?:npmjs|yarnpkg)|\bnpm\.pkg\.|\bnpmmirror\b|\bverdaccio\b|\bartifactory\b/i
    const files = globSync(['{src,console,simulators,demo,bench,test,docs,.ci}/**/*', '*.{md,json,ts}', 'Dockerfile', '.npmrc'], {
      cwd: root,
      withFileTypes: true,
      exclude: (entry) => ['node_modules', 'dist', 'package-lock.json'].includes(entry.name),
    })
    const paths = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    assert.deepEqual(
      paths.filter((path) => places.test(readFileSync(path, 'utf8')) && path !== import.meta.filename),
      [],
    )
  })
})

describe('the reader of imports', () => {
  const targets = (source: string) => importsOf(codeOf(source)).map(({ target, typeOnly }) => (typeOnly ? `type ${target}` : target))

  test('sees every way to import', () => {
    const source = [
      "import a from 'a'",
      'import { b,',
      '  type c } from "b"',
      "import type { d } from 'd'",
      "import * as e from 'e'; import 'f'",
      "export { g } from 'g'",
      "export type * from 'h'",
      "export * from 'i'",
      "const j = await import('j')",
      "type K = typeof import('k')",
      "const l = require('l')",
      'const rule = require(signIn)',
      'const m = await import(name)',
      "import n from 'n' with { type: 'json' }",
      "import type from 'o'",
    ].join('\n')
    const expected = ['a', 'b', 'type d', 'e', 'g', 'type h', 'i', 'n', 'o', 'f', 'j', 'type k', '(computed)', 'l']
    assert.deepEqual(targets(source), expected)
  })

  test('is not deceived by comments, strings and regular expressions', () => {
    const source = [
      "// import a from 'a'",
      "/* import b from 'b' */",
      'const c = "import c from \'c\'"',
      "const d = /['\"]/; import e from 'e'",
      "export const f = { from: 'f' }",
      "const url = 'http://x' // import g from 'g'",
    ].join('\n')
    assert.deepEqual(targets(source), ['e'])
  })

  test('names a trespasser for each kind of wrong', () => {
    const wrong = (file: string, target: string, typeOnly = false) => trespass(file, { target, typeOnly })
    assert.match(wrong('src/domain/x.ts', '#store/store.ts', true) ?? '', /not below/)
    assert.match(wrong('src/domain/x.ts', 'node:fs') ?? '', /may not use/)
    assert.match(wrong('src/store/x.ts', 'fs') ?? '', /^$|prefix/)
    assert.match(wrong('src/http/x.ts', '#store/store.ts') ?? '', /does not open/)
    assert.match(wrong('src/http/prompt/x.ts', '../../store/store.ts') ?? '', /does not open/)
    assert.match(wrong('src/http/x.ts', 'kysely') ?? '', /no reason/)
    assert.match(wrong('src/flows/x.ts', '#contract/account.ts') ?? '', /import type/)
    assert.equal(wrong('src/flows/x.ts', '#contract/account.ts', true), undefined)
    assert.match(wrong('src/store/x.ts', '#delivery/smtp.ts', true) ?? '', /not below/)
    assert.match(wrong('src/http/x.ts', '../../test/run.ts') ?? '', /not below/)
    assert.match(wrong('src/http/x.ts', '../../nowhere/x.ts') ?? '', /no room/)
    assert.match(wrong('src/attic/x.ts', 'node:fs') ?? '', /in no room/)
    assert.match(wrong('src/flows/x.ts', '(computed)') ?? '', /when it runs/)
    assert.equal(wrong('src/domain/x.test.ts', '../../test/factor-contract.ts'), undefined)
    assert.equal(wrong('console/src/x.tsx', '@mantine/core'), undefined)
    assert.equal(wrong('simulators/x.ts', '#domain/ids.ts'), 'which is not below simulators')
  })
})
