import type { FastifyInstance } from 'fastify'
import type { Role } from '#domain/roles.ts'

/**
 * Whom a route serves: `anyone`; somebody whose `sign-in` is on its way; anybody with a `session`, about themselves; a program with an
 * `api-key`; or whoever has at least this role in the organization of the path.
 */
export type Who = 'anyone' | 'sign-in' | 'session' | 'api-key' | Role

/**
 * What a route declares of itself, in `config.authority`. It decides nothing: the flow does, where the row is. All cells of the
 * matrix that follow from it are tried by `test/journeys/authority.test.ts` and printed in `docs/authority.md`.
 */
export interface Authority {
  /** Where the request decides who may make it, the least role for each kind of request by its name. */
  readonly who: Who | Readonly<Record<string, Role>>
  /** Whether a change is refused when the person's last proof is older than five minutes. Each change by a session says it. */
  readonly proof?: 'fresh' | 'any'
  /** A route that exists for the provider organization alone: in a site no role suffices. */
  readonly only?: 'provider'
  /** Of `anyone`: it is answered by a signature over the request, and by nothing else. */
  readonly isSigned?: true
}

export interface RouteAuthority extends Authority {
  readonly method: string
  /** With the prefix of the API, its parameters as `:name`. */
  readonly path: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    authority?: Authority
  }
  interface FastifyInstance {
    /** What every route of the API and of the Prompt has declared. */
    readonly authorities: readonly RouteAuthority[]
  }
}

/** Takes note of what every route of this scope declares from here on. One that declares nothing stops the start. */
export function requireAuthorities(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) {
      if (one === 'HEAD') continue
      const authority = config?.authority
      const where = `${one} ${url}`
      if (!authority) throw new Error(`${where} does not say whom it serves: give it config: { authority: { who: … } }.`)
      const isWithoutSession = ['anyone', 'sign-in', 'api-key'].includes(String(authority.who))
      const isChangeBySession = one !== 'GET' && !isWithoutSession
      if (isChangeBySession !== (authority.proof !== undefined))
        throw new Error(`${where}: a change by a session, and nothing else, says which proof it asks: proof: 'fresh' or 'any'.`)
      ;(app.authorities as RouteAuthority[]).push({ method: one, path: url, ...authority })
    }
  })
}
