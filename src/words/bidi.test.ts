import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolate, isolating } from './bidi.ts'
import { audit } from './en/audit.ts'
import { words } from './en/console.ts'
import { mail } from './en/mails.ts'
import { methodWords } from './en/methods.ts'
import { passWords } from './en/one-time-pass.ts'
import { resetWords } from './en/organization-reset.ts'
import { pages } from './en/pages.ts'
import { recoveryWords } from './en/recovery.ts'
import { sentCodes } from './en/sent-codes.ts'

const [noa, layla] = ['נועה כהן', 'ليلى حداد (أمن)']
const apart = (name: string) => `\u2068${name}\u2069`

test('what is written from right to left is set apart in a sentence, once, and other names stay as they are', () => {
  assert.equal(isolate(noa), apart(noa))
  assert.equal(isolate(`${apart(layla)} signed in`), `${apart(layla)} signed in`)
  for (const plain of ['Zoë Ångström', '李小龍', 'Владимир', '']) assert.equal(isolate(plain), plain)
  const catalogue = isolating({ told: { of: ({ who, all }: { who: string; all: readonly string[] }) => `${who}: ${all.join(', ')}` } })
  assert.equal(catalogue.told.of({ who: noa, all: ['Ada', layla] }), `${apart(noa)}: Ada, ${apart(layla)}`)
})

test('a name that would turn the text behind it turns nothing', () => {
  assert.equal(isolate('Ada\u202edeteled'), apart('Adadeteled'))
  assert.equal(isolate('Ada\u2069\u202e'), apart('Ada'))
  assert.equal(isolate('\u2068Ada\u2069\u202e'), apart('Ada'))
})

test('pages, mails, the Console and the audit set names apart, whichever file their sentences are in', () => {
  const told = { who: noa, whom: layla, isSelf: false, detail: { role: 'user' } }
  assert.equal(audit.sentence('user.invited', told), `${apart(noa)} invited ${apart(layla)} as User`)
  for (const sentence of [
    passWords.title(layla),
    resetWords.forbidden(layla),
    recoveryWords.stuck.askWhat(layla),
    sentCodes.refused.text(layla),
    methodWords.rules.accepted(layla, ''),
  ])
    assert.ok(sentence.includes(apart(layla)), sentence)
  assert.ok(words.users.forbidden(layla).includes(apart(layla)))
  assert.ok(pages.passwordHint(20, layla).includes(apart(layla)))
  const { subject, text, html } = mail('invitation', { organization: layla, inviter: noa, url: 'https://id.example.org/x', expiresAt: '' })
  assert.ok(subject.includes(apart(layla)) && text.includes(apart(noa)) && html.includes(apart(noa)))
})
