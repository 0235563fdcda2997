import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { DuoAliases, DuoDoctor, type DuoDoctorLine, DuoExamination } from '#contract/duo-doctor.ts'
import { addDuoAliases, duoDoctorOf, examineDuo } from '#flows/duo-doctor.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const lines = Type.Unsafe<Readable>({ type: 'string', description: 'JSON objects, one a line (application/jsonl), while the work goes on' })

/** The key doctor of Duo: whom Duo does not know, whose alias is missing, whom it would merge; and the cure. */
export function duoDoctorRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Duo']
  const doctor = '/organizations/:organizationId/duo/doctor'
  const changes = { authority: { who: 'security-admin', proof: 'fresh' } } as const

  app.get(
    doctor,
    {
      config: { authority: { who: 'security-admin' } },
      schema: { tags, summary: 'What the key doctor would ask, and found out last', params: ofOrganization, response: { 200: DuoDoctor } },
    },
    (request) => duoDoctorOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.post(
    doctor,
    {
      config: changes,
      schema: { tags, summary: 'Find out whom Duo knows', params: ofOrganization, body: DuoExamination, response: { 200: lines } },
    },
    async (request, reply) => {
      const signal = whileListening(reply)
      return stream(reply, await examineDuo(rooms, changing(request), request.params.organizationId, request.body, signal))
    },
  )

  app.post(
    `${doctor}/aliases` as const,
    {
      bodyLimit: 1_000_000,
      config: changes,
      schema: { tags, summary: 'Add aliases that are missing in Duo', params: ofOrganization, body: DuoAliases, response: { 200: lines } },
    },
    async (request, reply) => {
      const signal = whileListening(reply)
      return stream(reply, await addDuoAliases(rooms, changing(request), request.params.organizationId, request.body, signal))
    },
  )
}

/** Whoever closes the page stops the work. */
function whileListening(reply: FastifyReply): AbortSignal {
  const listening = new AbortController()
  reply.raw.once('close', () => listening.abort())
  return listening.signal
}

function stream(reply: FastifyReply, work: AsyncGenerator<DuoDoctorLine>) {
  // A proxy that collects the answer would hide the progress.
  reply.headers({ 'content-type': 'application/jsonl; charset=utf-8', 'x-accel-buffering': 'no' })
  return reply.send(Readable.from(written(work), { objectMode: false }))
}

async function* written(work: AsyncGenerator<DuoDoctorLine>): AsyncGenerator<string> {
  for await (const line of work) yield `${JSON.stringify(line)}\n`
}
