import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimedHost, originOf, plainHost } from './host.ts'
import { accentOf, isColor, logoType } from './look.ts'

function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const steps = ['00', '33', '66', '99', 'cc', 'ff']
const colors = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => `#${red}${green}${blue}`)))

test('whatever color is chosen, text on it and links in it are readable in light and in dark', () => {
  for (const color of colors) {
    const { light, dark } = accentOf(color)
    for (const { fill, hover } of [light, dark]) {
      assert.ok(contrast(fill, '#ffffff') >= 4.5, `${color}: white on ${fill}`)
      assert.ok(contrast(hover, '#ffffff') >= 4.5, `${color}: white on ${hover}`)
    }
    for (const ground of ['#f5f6f8', '#ffffff', '#f0f2f5'])
      assert.ok(contrast(light.link, ground) >= 4.5, `${color}: ${light.link} on ${ground}`)
    for (const ground of ['#0e1116', '#171b21', '#20262e'])
      assert.ok(contrast(dark.link, ground) >= 4.5, `${color}: ${dark.link} on ${ground}`)
    assert.ok(contrast(dark.fill, '#171b21') >= 3, `${color}: ${dark.fill} in dark`)
  }
})

test('a color that is readable already stays as it is', () => {
  assert.equal(accentOf('#1f5fd1').light.fill, '#1f5fd1')
  assert.notEqual(accentOf('#ffee00').light.fill, '#ffee00')
  assert.deepEqual(['#1f5fd1', '#1F5FD1', '#fff', 'red', '#1f5fd1;}', ''].map(isColor), [true, false, false, false, false, false])
})

test('an image is known by its bytes, and a drawing that could carry a script is none', () => {
  const bytes = (hex: string) => Buffer.from(hex, 'hex')
  assert.equal(logoType(bytes('89504e470d0a1a0a0000000d')), 'image/png')
  assert.equal(logoType(bytes('ffd8ffe000104a4649460001')), 'image/jpeg')
  assert.equal(logoType(bytes('524946461234567857454250')), 'image/webp')
  for (const text of [
    '<svg xmlns="http://www.w3.org/2000/svg">',
    '<?xml version="1.0"?>',
    'GIF89a',
    '<!doctype html>',
    '',
    'RIFF',
    'RIFFxxxxWAVE',
  ])
    assert.equal(logoType(Buffer.from(text)), undefined, text)
})

test('a host name has one form, and nothing else is one', () => {
  assert.equal(plainHost(' Login.Example.ORG. '), 'login.example.org')
  assert.equal(plainHost('xn--bcher-kva.example'), 'xn--bcher-kva.example')
  for (const text of [
    '',
    'localhost',
    '127.0.0.1',
    '1.2',
    '[::1]',
    'a..b.org',
    '-a.org',
    'a-.org',
    'a.org/x',
    'a.org:80',
    'a_b.org',
    'ä.org',
    'a.org@b.org',
    `${'a'.repeat(64)}.org`,
    `${'a.'.repeat(130)}org`,
    'a.org\r\nx',
  ])
    assert.equal(plainHost(text), undefined, text)
  assert.equal(claimedHost('Login.example.org:8443'), 'login.example.org')
  assert.equal(claimedHost('login.example.org:8443:1'), undefined)
})

test('a host is reached as the installation is, under another name', () => {
  assert.equal(originOf('login.example.org', 'https://id.example.org'), 'https://login.example.org')
  assert.equal(originOf('login.example.org', 'http://127.0.0.1:8080'), 'http://login.example.org:8080')
  assert.equal(originOf('login.example.org', 'http://[::1]:8080'), 'http://login.example.org:8080')
  assert.equal(originOf('login.example.org', 'http://[::1]'), 'http://login.example.org')
})
