import type { FastifyInstance } from 'fastify'
import { accentOf, isColor, type Shades } from '#domain/look.ts'
import { Problem } from '#domain/problem.ts'
import { logoOf } from '#flows/look.ts'
import type { PromptOptions } from './page.ts'

const forGood = 'public, max-age=31536000, immutable'

/**
 * What an organization's look loads. A style sheet is made out of the color in its address and nothing else. A logo is somebody's
 * upload: it goes out as the image that its bytes are, and may do nothing even where somebody opens it by itself.
 */
export function registerLooks(app: FastifyInstance, { rooms }: PromptOptions): void {
  app.get<{ Params: { color: string } }>('/assets/accent/:color', { schema: { hide: true } }, (request, reply) => {
    const color = `#${request.params.color}`
    if (!isColor(color)) throw new Problem('not-found')
    return reply.header('cache-control', forGood).type('text/css; charset=utf-8').send(accentSheet(color))
  })
  app.get<{ Params: { organizationId: string; hash: string } }>(
    '/logos/:organizationId/:hash',
    { schema: { hide: true } },
    async (request, reply) => {
      const { type, bytes } = await logoOf(rooms, request.params.organizationId, request.params.hash)
      return reply.headers({ 'cache-control': forGood, 'content-security-policy': "default-src 'none'; sandbox" }).type(type).send(bytes)
    },
  )
}

/** Overrides the tokens of the accent, by the same selectors as `tokens.css`. */
function accentSheet(color: string): string {
  const { light, dark } = accentOf(color)
  const tokens = ({ fill, hover, link }: Shades) =>
    `--cs-accent:${fill};--cs-accent-hover:${hover};--cs-link:${link};--cs-focus:${link};--cs-accent-soft:var(--cs-sunken)`
  return `:root{${tokens(light)}}@media screen and (prefers-color-scheme:dark){:root:not([data-mantine-color-scheme="light"]){${tokens(dark)}}}\n`
}
