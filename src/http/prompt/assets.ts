import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { withoutTypes } from '#without-types'

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** Without comments that have lines of their own, and without what sets lines apart to the eye. */
const compact = (text: string) =>
  text
    .replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/^\s+|[ \t]+$/gm, '')

/** The Prompt's style sheets and scripts: read and compressed once, revalidated by their content. */
export function registerAssets(app: FastifyInstance): void {
  const assets = {
    '/assets/tokens.css': { type: 'text/css; charset=utf-8', text: read('tokens.css') },
    '/assets/prompt.css': { type: 'text/css; charset=utf-8', text: read('prompt.css') },
    '/assets/passkey.js': { type: 'text/javascript; charset=utf-8', text: withoutTypes(read('browser-passkey.ts')) },
    '/assets/prompt.js': { type: 'text/javascript; charset=utf-8', text: withoutTypes(read('browser.ts')) },
  }
  for (const [path, { type, text }] of Object.entries(assets)) {
    const plain = Buffer.from(compact(text))
    const brotli = brotliCompressSync(plain)
    const gzip = gzipSync(plain)
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    app.get(path, { schema: { hide: true } }, (request, reply) => {
      reply.headers({ etag, 'cache-control': 'public, max-age=3600, stale-while-revalidate=86400', vary: 'accept-encoding' }).type(type)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      const accepted = request.headers['accept-encoding'] ?? ''
      if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(brotli)
      if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(gzip)
      return reply.send(plain)
    })
  }
}
