import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Authority, requireAuthorities } from './authority.ts'

function scope(): FastifyInstance {
  const app = Fastify()
  app.decorate('authorities', [])
  requireAuthorities(app)
  return app
}
const add = (method: 'GET' | 'POST', authority?: Authority) => () =>
  scope().route({ method, url: '/x', handler: () => '', ...(authority ? { config: { authority } } : {}) })

test('a route that does not say whom it serves stops the start', () => {
  assert.throws(add('GET'), /GET \/x does not say whom it serves/)
})

test('a change by a session says which proof it asks, and nothing else does', () => {
  for (const who of ['session', 'admin'] as const) assert.throws(add('POST', { who }), /which proof/)
  assert.throws(add('GET', { who: 'admin', proof: 'fresh' }), /which proof/)
  assert.throws(add('POST', { who: 'anyone', proof: 'any' }), /which proof/)
})

test('what the routes declare is kept once for each method, without those that Fastify adds', () => {
  const app = scope()
  app.get('/y', { config: { authority: { who: 'user' } } }, () => '')
  app.put('/y', { config: { authority: { who: 'admin', proof: 'fresh' } } }, () => '')
  assert.deepEqual(app.authorities, [
    { method: 'GET', path: '/y', who: 'user' },
    { method: 'PUT', path: '/y', who: 'admin', proof: 'fresh' },
  ])
})
