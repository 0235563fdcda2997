import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { pages } from '#words/en/pages.ts'
import { answerPage } from './answer.ts'
import { askedPage } from './ask-administrator.ts'
import { codesPage } from './codes.ts'
import { completePage } from './complete.ts'
import { emailChangeDonePage, emailChangePage } from './email-change.ts'
import { emailChangeUndoPage } from './email-change-undo.ts'
import { enrollPage } from './enroll.ts'
import { enrollSentPage } from './enroll-sent.ts'
import { forgotPasswordPage, forgotPasswordSentPage } from './forgot-password.ts'
import { inboxPage } from './inbox.ts'
import { invitationPage } from './invitation.ts'
import { messagePage } from './message.ts'
import { passwordPage } from './password.ts'
import { problemExplanationPage } from './problem-explanation.ts'
import { refusedPage } from './refused.ts'
import { passwordResetDonePage, resetPasswordPage } from './reset-password.ts'
import { setUpPage } from './set-up.ts'

const qrSvg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
const intents = ['enter', 'confirm', 'enroll', 'backup-codes', 'disable'] as const
const kinds = ['totp', 'backup-codes']
const now = new Date('2026-06-01T12:00:00Z')
const [early, late] = ['2026-06-01T11:59:00Z', '2026-06-01T12:05:00Z']

/** Every page with this text wherever a text from outside can stand. */
function every(text: string): readonly string[] {
  const requiredBy = { organization: text, rule: 'everyone' } as const
  const problem = { code: text, reason: text }
  const wrongPassword = { code: 'wrong-password' }
  const wrongCode = { code: 'code-not-accepted', reason: text }
  return [
    passwordPage({ csrf: text, email: text, returnTo: text, support: text, organization: text, problem: wrongPassword }),
    passwordPage({ csrf: text, email: text, fixedEmail: true, problem }),
    passwordPage({ csrf: text, notice: 'session-ended' }),
    ...intents.map((intent) =>
      answerPage({ csrf: text, kinds: [...kinds, text], intent, requiredBy, organization: text, support: text, problem: wrongCode }),
    ),
    answerPage({ csrf: text, kinds, intent: 'enter', with: 'backup-code', requiredBy, problem }),
    ...(['sms', 'voice', 'email', text] as const).flatMap((kind) => {
      const [ways, sent] = [[{ kind, to: text }], { kind, to: text, at: early, expiresAt: late, resendAt: early }]
      const asked = { csrf: text, kinds: [kind, 'backup-codes'], intent: 'enter', ways, requiredBy, organization: text, now } as const
      const set = { csrf: text, kind, kinds: ['totp', kind, text], to: text, requiredBy, organization: text, support: text, now }
      return [
        answerPage(asked),
        answerPage({ ...asked, sent: { ...sent, delivery: 'undelivered', reason: text }, problem: wrongCode }),
        answerPage({ ...asked, sent: { ...sent, expiresAt: early }, opens: 'set-up' }),
        enrollSentPage({ ...set, to: undefined, phone: text, problem: { code: 'invalid-phone' } }),
        enrollSentPage(set),
        enrollSentPage({ ...set, sent: { ...sent, delivery: 'delivered' }, problem: wrongCode }),
      ]
    }),
    refusedPage({ csrf: text, organization: text, support: text, requiredBy }),
    enrollPage({
      csrf: text,
      key: text,
      qrSvg,
      uri: text,
      recommendedApp: text,
      requiredBy,
      organization: text,
      problem: wrongCode,
      canCancel: true,
      isSetUp: true,
    }),
    codesPage({ csrf: text, codes: [text, text], problem, organization: text, isSetUp: true }),
    ...intents.map((intent) => completePage({ intent, returnTo: text, organization: text })),
    setUpPage({
      csrf: text,
      token: text,
      values: { organizationName: text, name: text, email: text },
      problems: { email: wrongPassword, password: problem, form: problem },
    }),
    invitationPage({ csrf: text, token: text, organization: text, name: text, email: text, hasPassword: false, minLength: 8, problem }),
    invitationPage({
      csrf: text,
      token: text,
      organization: text,
      name: text,
      email: text,
      hasPassword: true,
      minLength: 8,
      problem: wrongPassword,
    }),
    forgotPasswordPage({ csrf: text, email: text, problem, support: text }),
    forgotPasswordSentPage({ support: text }),
    resetPasswordPage({ csrf: text, token: text, email: text, minLength: 15, problem: { code: 'password-too-weak', reason: text } }),
    passwordResetDonePage({}),
    emailChangePage({ csrf: text, token: text, email: text, asksPassword: true, problem: wrongPassword, support: text }),
    emailChangePage({ csrf: text, token: text, email: text, asksPassword: false, problem }),
    emailChangeDonePage({ email: text }),
    askedPage({ asked: [{ organization: text, role: 'admin' }], organization: text, support: text }),
    askedPage({ asked: [{ organization: text, role: 'owner' }], isAgain: true }),
    askedPage({ asked: [] }),
    emailChangeUndoPage({ csrf: text, token: text, email: text, problem, support: text }),
    answerPage({ csrf: text, kinds: ['one-time-pass'], intent: 'enter', organization: text, problem: wrongCode }),
    messagePage({ title: text, text, action: { href: text, label: text }, requestId: text, support: text }),
    problemExplanationPage({ code: text, status: 400, title: text, text }),
    inboxPage({
      mails: [{ to: text, subject: text, text, at: '2026-11-23T09:30:00Z' }],
      texts: [{ to: text, text, at: '2026-11-23T09:31:00Z' }],
      calls: [{ to: text, prompt: text, text, at: '2026-11-23T09:32:00Z' }],
    }),
    inboxPage({ mails: [], texts: [], calls: [] }),
  ]
}

/** The tags of a page with the values of their attributes taken out, which leaves what a hostile text could add. */
const bones = (page: string) => (page.match(/<[^!][^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'))

test('a hostile text adds no element and no attribute to any page', () => {
  const plain = every('plain').map(bones)
  for (const text of [
    `"><script>alert(1)</script>`,
    `' onfocus='alert(1)' x='`,
    '</title></main><img src=x onerror=alert(1)>',
    '`$1`&lt;b&gt;<b>',
    '<!--',
  ]) {
    for (const [index, page] of every(text).entries()) assert.deepEqual(bones(page).join('\n'), plain[index]?.join('\n'), text)
  }
})

test('a hostile address becomes no link', () => {
  for (const page of every('javascript:alert(1)')) assert.doesNotMatch(page, /(href|src|action)="\s*javascript:/i)
  for (const page of every('//evil.example')) assert.doesNotMatch(page, /(href|src|action)="\/\//i)
})

test('no page carries a script, a style or an event handler of its own', () => {
  for (const page of every('text')) {
    assert.deepEqual(page.match(/<script\b[^>]*>[^<]*/g), ['<script src="/assets/prompt.js" defer>'])
    assert.doesNotMatch(page, /<style\b|\sstyle=|\son[a-z]+=|javascript:/i)
    assert.deepEqual(
      page.match(/(src|<link[^>]*href)="[^"]*"/g)?.filter((one) => !one.includes('data:image/svg+xml')),
      ['<link rel="stylesheet" href="/assets/tokens.css"', '<link rel="stylesheet" href="/assets/prompt.css"', 'src="/assets/prompt.js"'],
    )
  }
})

test('every form is posted with its proof, and every field has its label', () => {
  for (const page of every('text')) {
    for (const form of page.match(/<form[\s\S]*?<\/form>/g) ?? []) {
      assert.match(form, /^<form[^>]* method="post" action="\/[a-z/-]+"[^>]*><input type="hidden" name="csrf" value="text">/)
    }
    for (const [, id] of page.matchAll(/<input id="([^"]+)"/g)) {
      assert.equal(page.split(`<label for="${id}">`).length, 2, id)
      assert.ok(page.includes(`aria-describedby="${id}-note"`) === new RegExp(`id="${id}-note">(?!</p>)`).test(page), id)
    }
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length, 'ids are unique')
    assert.equal(page.match(/<h1>/g)?.length, 1)
  }
})

test('a problem is told once for all and beside its field', () => {
  const page = answerPage({ csrf: 'c', kinds, intent: 'enter', problem: { code: 'code-not-accepted', reason: 'replayed' } })
  assert.match(page, /<title>Error: /)
  assert.match(page, /role="alert">.*That code was already used\./)
  assert.match(page, /aria-describedby="code-note" aria-invalid="true"/)
  assert.match(page, /id="code-note">.*Wait for the next one/)
})

test('a problem without a field of its own tells what to do in the alert', () => {
  const page = passwordPage({ csrf: 'c', problem: { code: 'too-many-attempts', retryAfterSeconds: 120 } })
  assert.match(page, /role="alert">.*Wait 2 minutes/)
  assert.doesNotMatch(page, /aria-invalid/)
})

test('the code field takes the digits of the app, and a backup code when that is chosen', () => {
  const app = answerPage({ csrf: 'c', kinds, intent: 'enter' })
  assert.match(app, /name="code"[^>]* autocomplete="one-time-code" inputmode="numeric"/)
  assert.match(app, /<form[^>]* data-submit-at-six>/)
  assert.match(app, /href="\/sign-in\?with=backup-code"/)
  const backup = answerPage({ csrf: 'c', kinds, intent: 'enter', with: 'backup-code' })
  assert.match(backup, /name="code"[^>]* inputmode="text"/)
  assert.doesNotMatch(backup, /data-submit-at-six/)
  assert.match(backup, /name="with" value="backup-code"/)
  assert.doesNotMatch(answerPage({ csrf: 'c', kinds: ['totp'], intent: 'enter', with: 'backup-code' }), /backup-code"/)
})

test('the code field takes a one-time pass when that is chosen or all that there is, and only to enter', () => {
  for (const page of [
    answerPage({ csrf: 'c', kinds, intent: 'enter', with: 'one-time-pass' }),
    answerPage({ csrf: 'c', kinds: ['one-time-pass'], intent: 'enter', rememberDays: 30 }),
  ]) {
    assert.match(page, /name="with" value="one-time-pass"/)
    assert.match(page, /name="code"[^>]* inputmode="text"/)
    assert.doesNotMatch(page, /data-submit-at-six|name="remember"/)
    assert.match(page, /action="\/sign-in\/ask-administrator"/)
  }
  const disabling = answerPage({ csrf: 'c', kinds, intent: 'disable', with: 'one-time-pass' })
  assert.doesNotMatch(disabling, /one-time-pass|ask-administrator/)
})

test('"Disable 2FA" advises to keep it on and asks to confirm', () => {
  const page = answerPage({ csrf: 'c', kinds, intent: 'disable' })
  assert.match(page, /<h1>Disable 2FA<\/h1>/)
  assert.match(page, /strongly advise you to keep it on/)
  assert.match(page, />Confirm<\/button>/)
})

test('the set-up links to the stores and marks the recommended app', () => {
  const page = enrollPage({ csrf: 'c', key: 'JBSWY3DPEHPK3PXP', qrSvg, recommendedApp: 'Duo Mobile', canCancel: false })
  assert.equal(page.match(/https:\/\/apps\.apple\.com\//g)?.length, 3)
  assert.equal(page.match(/https:\/\/play\.google\.com\//g)?.length, 3)
  assert.match(page, /<span class="app-name">Duo Mobile <span class="tag">Recommended/)
  assert.match(page, />JBSW Y3DP EHPK 3PXP<\/output>/)
  assert.ok(page.includes(qrSvg))
  assert.doesNotMatch(page, /action="\/sign-in\/cancel"/)
})

test('an app nobody here knows is recommended without links', () => {
  const page = enrollPage({ csrf: 'c', key: 'JBSW', qrSvg, recommendedApp: 'Acme Codes', canCancel: true })
  assert.match(page, /<span class="app-name">Acme Codes <span class="tag">Recommended<\/span><\/span><span class="stores"><\/span>/)
})

test('links in the inbox end where the address ends', () => {
  const page = inboxPage({
    mails: [{ to: 'a@example.com', subject: 's', text: 'Open:\nhttp://localhost/x?a=1&b="2"\nBye', at: new Date(0) }],
    texts: [],
    calls: [],
  })
  assert.match(page, /<a href="http:\/\/localhost\/x\?a=1&amp;b=">http:\/\/localhost\/x\?a=1&amp;b=<\/a>&quot;2&quot;\nBye/)
})

test('every message can be shown as a page', () => {
  for (const message of Object.values(pages.messages)) assert.match(messagePage(message), /class="button button-main"/)
})

test('the sign-in page with all it loads stays below 30 KB', () => {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const script = stripTypeScriptTypes(read('browser.ts'))
  const problem = { code: 'wrong-password' }
  const page = passwordPage({
    csrf: 'x'.repeat(64),
    email: 'ana@example.com',
    returnTo: '/settings',
    support: 'support@example.com',
    organization: 'Acme',
    problem,
  })
  const bytes = [page, script, read('tokens.css'), read('prompt.css')].map((text) => Buffer.byteLength(text))
  assert.ok(bytes.reduce((sum, one) => sum + one) < 30_000, String(bytes))
})
