import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMailTemplate, type MailTemplate, mail, mailFromQueue } from './mails.ts'

const url = 'https://id.example.org/invitation/abcdefghijklmnopqrstuvwxyz?a=1&b=2'
const circumstances = { at: '2026-11-23T09:30:00.000Z', address: '203.0.113.7' }

const samples: Readonly<Record<MailTemplate, Readonly<Record<string, string>>>> = {
  'duo-push-denied': { isFraud: '' },
  'duo-fraud-reported': { name: 'Ana', person: 'ana@example.org', organization: 'Acme', url },
  invitation: { organization: 'Acme', inviter: 'Ana', url, expiresAt: '2026-11-30T09:30:00.000Z' },
  'password-reset': { url, expiresAt: '2026-11-23T10:30:00.000Z' },
  'password-changed': {},
  'two-factor-enabled': { authenticator: 'Authenticator app' },
  'two-factor-disabled': { by: 'self' },
  'two-factor-reset': { by: 'admin', organization: 'Acme' },
  'authenticator-added': { authenticator: 'Old phone' },
  'authenticator-removed': { authenticator: 'Old phone' },
  'backup-codes-new': {},
  'backup-codes-few': { left: '3' },
  'backup-code-used': { left: '4' },
  'wrong-codes': { count: '10' },
  'wrong-codes-limit': {},
  'requirement-set': { organization: 'Acme' },
  'requirement-removed': { organization: 'Acme' },
  'user-changed': { organization: 'Acme', by: 'Ana', name: 'Ada', role: 'admin', method: 'totp' },
  'user-unlocked': { organization: 'Acme', by: 'Ana' },
  'membership-suspended': { organization: 'Acme' },
  'membership-reinstated': { organization: 'Acme' },
  'membership-removed': { organization: 'Acme' },
  'policy-off': { organization: 'Acme' },
  'site-suspended': { organization: 'Acme' },
  'site-reinstated': { organization: 'Acme' },
  'site-removed': { organization: 'Acme' },
  'email-change': { url, expiresAt: '2026-11-23T10:30:00.000Z' },
  'email-change-taken': {},
  'email-changed': { email: 'new@example.org', url, expiresAt: '2026-11-30T09:30:00.000Z' },
  'email-change-undone': { email: 'old@example.org' },
  'one-time-pass': { pass: 'ABCDE-FGHJK-LMNPQ', isSplit: 'yes', organization: 'Acme', by: 'Ana', expiresAt: '2026-11-23T10:30:00.000Z' },
  'one-time-pass-to-approve': {
    name: 'Ben',
    person: 'ben@acme.example',
    organization: 'Acme',
    by: 'Ana',
    reason: 'Lost both keys',
    expiresAt: '2026-11-23T10:30:00.000Z',
    url: 'https://id.example.org/users/1?organization=2',
  },
  'one-time-pass-issued': { organization: 'Acme', by: 'Ana', reason: 'Lost phone', expiresAt: '2026-11-23T10:30:00.000Z' },
  'one-time-pass-used': {},
  'duo-other-user': { organization: 'Acme' },
  'duo-other-user-notice': { name: 'Ada', person: 'ada@example.org', organization: 'Acme', isTaken: '', url },
  'help-asked': { name: 'Ada', person: 'ada@example.org', organization: 'Acme', url, isPasswordMailed: 'yes' },
  'phone-changed': { number: '+4915112345678' },
  'gateway-test': { organization: 'Acme' },
  'sign-in-code': { code: '314159', minutes: '5' },
  'organization-reset': { organization: 'Acme', by: 'Ana' },
  'organization-reset-taken-back': { organization: 'Acme' },
  'reset-proposed': { organization: 'Acme', by: 'Ana', people: '42', url, expiresAt: '2026-11-24T09:30:00.000Z' },
  'reset-started': { organization: 'Acme', by: 'Ana', people: '42', undoMinutes: '60', url },
  'reset-approval-off': { organization: 'Acme', by: 'Ana', expiresAt: '2026-11-24T09:30:00.000Z', url },
}
const templates = Object.keys(samples).filter(isMailTemplate)

/** What a mail program would make clickable in plain text. */
const looksLikeLink = /[a-z]+:\/\/|www\.(?=\S)|[\p{L}\p{N}][.。．｡][\p{L}]{2,}|\S@\S/iu

const hostileNames = [
  'Claim at https://evil.example/x',
  'www.evil.example',
  'evil.example',
  'evil。example',
  'mallory@evil.example',
  'http:\\\\evil.example',
  '//evil.example',
  '<a href="https://evil.example">click</a>',
  '"><img src=https://evil.example/pixel.gif>',
  '</p><script>alert(1)</script>',
  'Acme\r\nBcc: mallory@evil.example\r\n\r\nHello',
  'Acme\u0000\u0085\u2028Bcc: x',
  'Acme \u202egro.live',
  'e\u200bvil.exa\u00admple',
  `${'long '.repeat(200)}evil.example`,
]

test('every template says when in UTC, where from, and what to do if it was not you', () => {
  for (const template of templates) {
    const { subject, text, html } = mailFromQueue(template, { ...samples[template], ...circumstances })
    assert.ok(subject.length > 10 && subject.length <= 200, template)
    for (const body of [text, html]) {
      assert.match(body, /November 23, 2026 at 9:30\sAM UTC/, template)
      assert.match(body, /From the address: 203\.0\.113\.7/, template)
      assert.match(body, /If (this was not|you did not)/, template)
    }
  }
})

test('a name never becomes a header, an element, a link or an image', () => {
  for (const template of templates) {
    const plain = mailFromQueue(template, { ...samples[template], ...circumstances })
    const tags = (body: string) => body.match(/<[^>]*>/g)?.map((tag) => tag.replace(/".*"/, '')) ?? []
    for (const name of hostileNames) {
      const values: Record<string, string> = { ...samples[template], ...circumstances }
      for (const key of [
        'organization',
        'inviter',
        'authenticator',
        'left',
        'count',
        'email',
        'number',
        'address',
        'name',
        'role',
        'method',
        'pass',
        'reason',
        'person',
      ])
        if (key in values) values[key] = name
      if (values.by === 'admin' || values.by === 'Ana') values.by = name
      const { subject, text, html } = mailFromQueue(template, values)
      assert.doesNotMatch(subject, /[\p{Cc}\u2028\u2029\u202a-\u202e\u200b]/u)
      assert.doesNotMatch(subject, looksLikeLink, subject)
      assert.doesNotMatch(text.replaceAll(url, ''), looksLikeLink, `${template}: ${text}`)
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e]/u)
      assert.deepEqual(tags(html), tags(plain.html), `${template}: ${name}`)
      const shown = html
        .replace(/<[^>]*>/g, ' ')
        .replaceAll('&amp;', '&')
        .replaceAll(url, '')
      assert.doesNotMatch(shown, looksLikeLink, `${template}: ${shown}`)
    }
  }
})

test('an IP address is shown as it is, and nothing else passes for one', () => {
  const from = (address: string) => mail('password-changed', { address }).text
  for (const address of ['203.0.113.7', '2001:db8::1', '::ffff:203.0.113.7'])
    assert.ok(from(address).includes(`address: ${address}\n`), address)
  assert.ok(from('face.cafe').includes('face. cafe'))
})

test('nothing is loaded from elsewhere', () => {
  for (const template of templates) {
    const { html } = mailFromQueue(template, { ...samples[template], ...circumstances })
    assert.doesNotMatch(html, /<(img|link|script|iframe|object|embed|video|audio|form|base)|url\(|@import|\ssrc=|\son\w+=/i, template)
  }
})

test('the one link of an invitation is the one it was given', () => {
  const { text, html } = mail('invitation', { organization: 'Acme', inviter: 'Ana', url, expiresAt: '2026-11-30T09:30:00Z' })
  assert.ok(text.includes(`\n${url}\n`))
  assert.deepEqual(html.match(/href="[^"]*"/g), [`href="${url.replaceAll('&', '&amp;')}"`])
  assert.match(text, /until November 30, 2026/)
})

test('a button that does not lead to a web address is refused', () => {
  for (const bad of [
    'javascript:alert(1)',
    'https://a.example/"onclick=x',
    'https://a.example/\r\nBcc: x',
    'data:text/html,x',
    '/setup',
    '',
  ]) {
    assert.throws(() => mail('password-reset', { url: bad, expiresAt: '2026-11-30T09:30:00Z' }), TypeError, bad)
  }
})

test('the queue is told what is missing, without quoting what is there', () => {
  assert.throws(() => mailFromQueue('invitation', { organization: 'secret-name', url }), /lacks inviter, expiresAt/)
  assert.throws(() => mailFromQueue('toString', {}), /no mail called/)
})

test('who did it is told as far as it is known', () => {
  assert.match(mail('two-factor-disabled', { by: 'self' }).text, /switched off for your account by you\./)
  assert.match(mail('two-factor-disabled', { by: 'admin', organization: 'Acme' }).text, /by an administrator of Acme\./)
  assert.match(mail('two-factor-reset', { by: 'Ana', organization: 'Acme' }).text, /removed by Ana, an administrator of Acme\./)
})

test('few backup codes left: the mail says to make new ones', () => {
  assert.match(mail('backup-code-used', { left: '1' }).text, /One is left\.[\s\S]*Make new ones/)
  assert.match(mail('backup-code-used', { left: '0' }).text, /None is left/)
  assert.doesNotMatch(mail('backup-code-used', { left: '9' }).text, /Make new ones/)
})
