import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { compileOnFirstUse } from './validators.ts'

test('a schema is compiled once, at the first request that needs it, and says what is wrong as ever', async () => {
  const compiled: unknown[] = []
  const app = Fastify({
    ajv: {
      customOptions: { coerceTypes: false },
      onCreate: (ajv) => {
        const { compile } = ajv
        ajv.compile = ((schema: never) => {
          compiled.push(schema)
          return compile.call(ajv, schema)
        }) as typeof compile
        compileOnFirstUse(ajv as never)
      },
    },
  })
  const body = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
  app.post('/', { schema: { body } }, (_request, reply) => reply.send('right'))
  app.post('/other', { schema: { body: { ...body, required: ['other'] } } }, (_request, reply) => reply.send('right'))
  await app.ready()
  assert.equal(compiled.length, 0)
  for (const [payload, status] of [
    [{ name: 'Ada' }, 200],
    [{ name: 1 }, 400],
    [{}, 400],
    [{ name: 'Ada' }, 200],
  ] as const) {
    const reply = await app.inject({ method: 'POST', url: '/', payload })
    assert.equal(reply.statusCode, status)
  }
  const reply = await app.inject({ method: 'POST', url: '/', payload: {} })
  assert.match(reply.json().message, /must have required property 'name'/)
  assert.equal(compiled.length, 1)
  await app.close()
})
