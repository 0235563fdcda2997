import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as client from 'openid-client'
import { type Kit, openKit } from '../kit.ts'
import { addPortal, follow } from '../portal.ts'

let kit: Kit

before(async () => {
  kit = await openKit({ isRunning: true })
})
after(() => kit.close())

async function siteWithPortal(settings: Record<string, unknown> = {}) {
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const browser = await kit.signIn(admin)
  return { site, admin, portal: await addPortal(kit, site.id, browser, settings) }
}

describe('a portal', () => {
  test('signs in somebody who is signed in here, without a page, and learns who it is', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    const begun = await portal.begin()
    const { at } = await follow(browser, begun.url)
    const tokens = await portal.finish(begun, at)
    const claims = tokens.claims()
    assert.ok(claims)
    assert.deepEqual([claims.sub, claims.name, claims.email, claims.roles], [person.id, person.name, person.email, ['user']])
    const info = await client.fetchUserInfo(portal.config, tokens.access_token, claims.sub)
    console.log(claims, info, tokens)
  })
})
