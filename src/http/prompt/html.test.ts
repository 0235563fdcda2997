import assert from 'node:assert/strict'
import { test } from 'node:test'
import { address, attribute, flag, type Hole, html, render, trustedMarkup } from './html.ts'

const hostile = `<img src=x onerror="alert(1)">&'\``

test('text between tags cannot open a tag', () => {
  assert.equal(render(html`<p>${hostile}</p>`), '<p>&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;&#96;</p>')
})

test('text in an attribute cannot leave it', () => {
  const page = render(html`<input value="${hostile}" title='${hostile}'${attribute('placeholder', hostile)}>`)
  assert.equal(page.replaceAll(/"[^"]*"|'[^']*'/g, '""'), '<input value="" title="" placeholder="">')
})

test('markup nests without being escaped twice, text inside it only once', () => {
  const inner = html`<b>${'<&>'}</b>`
  assert.equal(render(html`<p>${inner}${html`${inner}`}</p>`), '<p><b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b></p>')
})

test('lists are written one after the other, nested ones too', () => {
  assert.equal(render(html`${['<', html`<i></i>`, [1, ['>']]]}`), '&lt;<i></i>1&gt;')
})

test('nothing is written for null, undefined and false, and zero is a number', () => {
  assert.equal(render(html`[${null}${undefined}${false}${0}${''}]`), '[0]')
})

test('an object out of a request is never taken for markup', () => {
  for (const forged of [
    { markup: '<b>' },
    { 'Symbol(markup)': '<b>' },
    JSON.parse('{"__proto__":{"markup":"<b>"}}'),
    { toString: () => '<b>' },
  ]) {
    assert.throws(() => html`${forged as Hole}`, TypeError)
  }
})

test('an attribute without quotes, a hole in a script or in a style is refused', () => {
  assert.throws(() => html`<a href=${'x'}>`, /Quote/)
  assert.throws(() => html`<a title="${'x'}" href=${'x'}>`, /Quote/)
  assert.throws(() => html`<script>${'x'}</script>`, TypeError)
  assert.throws(() => html`<style>a { color: ${'x'} }</style>`, TypeError)
  assert.equal(render(html`a = ${'b'}`), 'a = b')
})

test('a dollar sign in a value stays what it is', () => {
  assert.equal(render(html`<p>${"$& $1 $'"}</p>`), '<p>$&amp; $1 $&#39;</p>')
})

test('flags and attributes leave nothing when they are not set', () => {
  assert.equal(render(html`<input${flag('required', true)}${flag('readonly', false)}${attribute('value', undefined)}>`), '<input required>')
})

test('trusted markup is written as it is', () => {
  assert.equal(render(html`${trustedMarkup('<svg></svg>')}`), '<svg></svg>')
})

test('only harmless addresses become links', () => {
  for (const good of ['/', '/settings?a=1#b', 'https://example.com/', 'mailto:a@example.com', 'otpauth://totp/a?secret=B']) {
    assert.equal(address(good), good)
  }
  for (const bad of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'JavaScript:1',
    'data:text/html,x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '',
    'settings',
    'vbscript:x',
  ]) {
    assert.equal(address(bad), '/', bad)
  }
})
