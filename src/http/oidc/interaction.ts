import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { InteractionResults } from 'oidc-provider'
import { Problem } from '#domain/problem.ts'
import { knownOf, nextFor, type OidcApplication, oidcApplication, type Wish } from '#flows/oidc.ts'
import { startStepUp } from '#flows/sign-in.ts'
import { requireAuthorities } from '../authority.ts'
import { asPage, frameOf, type PromptOptions, textOf, wordsOf } from '../prompt/page.ts'
import { messagePage } from '../prompt/pages/message.ts'
import { onwardPage } from '../prompt/pages/onward.ts'

type Interaction = InstanceType<Provider['Interaction']>

/** What was asked of the person on the way, kept with what the application asked for. */
interface Asked {
  readonly at: string
  readonly steppedUp?: boolean
}

/**
 * Between an application and the Prompt: who is not signed in signs in, who has to show more shows it, and everybody else goes on. It
 * opens no session; it only looks whether there is one that is enough.
 */
export function interactionPages(app: FastifyInstance, options: PromptOptions, provider: () => Promise<Provider>): void {
  const { rooms, visits } = options
  const isSecure = rooms.publicUrl.startsWith('https:')
  const cookieName = `${isSecure ? '__Secure-' : ''}countersign-interaction`

  const open = async (
    request: FastifyRequest,
    uid: string,
  ): Promise<{ readonly one: Interaction; readonly application: OidcApplication }> => {
    const one = request.cookies[cookieName] === uid ? await (await provider()).Interaction.find(uid) : undefined
    const application = one && (await oidcApplication(rooms, String(one.params.client_id)))
    if (!one || !application) throw new Problem('sign-in-gone')
    return { one, application }
  }

  const keep = async (one: Interaction, result: InteractionResults): Promise<void> => {
    one.result = result
    await one.save(Math.max(1, one.exp - Math.floor(Date.now() / 1000)))
  }

  /** Goes back to the protocol. By a page of its own, because a browser lets a form that was posted here lead only to here. */
  const finish = async (request: FastifyRequest, reply: FastifyReply, one: Interaction, name: string, result: InteractionResults) => {
    await keep(one, result)
    const words = wordsOf(request)
    return reply.send(onwardPage({ href: one.returnTo, application: name, ...(await frameOf(options, request)) }, words))
  }

  void app.register(async (scope) => {
    requireAuthorities(scope)
    await scope.register(formbody)
    scope.addHook('onRequest', async (_request, reply) => {
      asPage(reply)
    })
    const config = { authority: { who: 'anyone' } } as const

    scope.get<{ Params: { uid: string } }>('/oidc/interaction/:uid', { config }, async (request, reply) => {
      const { uid } = request.params
      const { one, application } = await open(request, uid)
      const asked = askedIn(one)
      const wish = wishOf(one, asked)
      const found = await nextFor(rooms, visits.of(request), application, wish)
      const here = `/oidc/interaction/${uid}`
      const at = asked?.at ?? rooms.now().toISOString()
      const done = (result: InteractionResults) => finish(request, reply, one, application.name, result)
      switch (found.next) {
        case 'sign-in':
          await keep(one, { countersign: { at } satisfies Asked })
          return reply.redirect(`/sign-in?return=${encodeURIComponent(here)}`, 303)
        case 'stranger': {
          const { oidc } = wordsOf(request)
          const action = { href: `${here}/refusal`, label: oidc.backTo(application.name) }
          const view = { title: oidc.stranger(application.name), text: oidc.strangerText(found.email), action }
          return reply.code(403).send(messagePage({ ...view, ...(await frameOf(options, request)) }, wordsOf(request)))
        }
        case 'unmet':
          return done({
            error: 'unmet_authentication_requirements',
            error_description: 'what was asked for cannot be shown by this person',
          })
        case 'step-up': {
          if (asked?.steppedUp && textOf(request.query, 'done') !== '')
            return done({ error: 'unmet_authentication_requirements', error_description: 'what was shown is not what was asked for' })
          if (asked?.steppedUp) return done({ error: 'access_denied', error_description: 'the person went back' })
          await keep(one, { countersign: { at, steppedUp: true } satisfies Asked })
          const { cookies } = await startStepUp(rooms, visits.of(request), {
            returnTo: here,
            isAnew: found.isAnew,
            passkey: found.passkey === true,
          })
          visits.setCookies(reply, cookies)
          return reply.redirect('/sign-in', 303)
        }
        case 'enter': {
          const { userId, id } = found.session
          const hinted = subjectWanted(one)
          if (hinted !== undefined && hinted !== userId)
            return done({ error: 'login_required', error_description: 'another person is signed in' })
          // The sign-in that it began under may be over: this one has shown what is asked for.
          if (one.session?.uid !== undefined && one.session.uid !== id) Object.assign(one, { session: undefined })
          return done({ login: { accountId: userId }, consent: {} })
        }
      }
    })

    scope.get<{ Params: { uid: string } }>('/oidc/interaction/:uid/refusal', { config }, async (request, reply) => {
      const { one, application } = await open(request, request.params.uid)
      return finish(request, reply, one, application.name, { error: 'access_denied', error_description: 'this person is not a member' })
    })
  })
}

function askedIn(one: Interaction): Asked | undefined {
  return (one.result as { readonly countersign?: Asked } | undefined)?.countersign
}

/** What the application asks of the person, as it stands in its request. */
function wishOf({ params }: Interaction, asked: Asked | undefined): Wish {
  const { acr } = claimsOf(params)
  const values = acr?.essential
    ? (acr.values ?? (acr.value === undefined ? [] : [acr.value]))
    : knownOf(String(params.acr_values ?? '').split(' '))
  const maxAge = params.max_age === undefined ? undefined : Number(params.max_age)
  return {
    acrs: values,
    ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }),
    isAnew: String(params.prompt ?? '')
      .split(' ')
      .includes('login'),
    ...(asked ? { since: new Date(asked.at) } : {}),
  }
}

interface AcrClaim {
  readonly essential?: boolean
  readonly value?: string
  readonly values?: readonly string[]
}

function claimsOf(params: Interaction['params']): { readonly acr?: AcrClaim; readonly sub?: { readonly value?: string } } {
  if (typeof params.claims !== 'string') return {}
  const { id_token: wanted } = JSON.parse(params.claims) as {
    readonly id_token?: { readonly acr?: AcrClaim; readonly sub?: { readonly value?: string } }
  }
  return wanted ?? {}
}

/** The person that the application means, where it names one: by a token that it was given, or as a claim. */
function subjectWanted({ params }: Interaction): string | undefined {
  const { sub } = claimsOf(params)
  if (sub?.value !== undefined) return sub.value
  if (typeof params.id_token_hint !== 'string') return undefined
  // Its signature was checked when the request came in.
  const [, payload = ''] = params.id_token_hint.split('.')
  const { sub: hinted } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly sub?: unknown }
  return typeof hinted === 'string' ? hinted : undefined
}
