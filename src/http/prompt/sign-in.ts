import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, AskedAdministrators } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import { askAdministrator, whomAsked } from '#flows/ask-administrator.ts'
import { entranceOptions, startWithPasskey } from '#flows/passkey-entrance.ts'
import { afterSetUp } from '#flows/recovery.ts'
import type { Visit } from '#flows/rooms.ts'
import { checkSession } from '#flows/session.ts'
import { answerSignIn, cancelSignIn, currentStep, type StepView, safeReturn, startSignIn } from '#flows/sign-in.ts'
import { isBlank, isPortals } from '../visit.ts'
import { duoPhonePage } from './duo-phone.ts'
import { asPage, frameOf, type PromptOptions, textOf, toPageProblem, withStatus, wordsOf } from './page.ts'
import { answerPage } from './pages/answer.ts'
import { answerPasskeyPage } from './pages/answer-passkey.ts'
import { askedPage } from './pages/ask-administrator.ts'
import { codesPage } from './pages/codes.ts'
import { completePage } from './pages/complete.ts'
import { duoTargets } from './pages/duo.ts'
import { enrollPage } from './pages/enroll.ts'
import { enrollDuoPage } from './pages/enroll-duo.ts'
import { enrollPasscodePage } from './pages/enroll-passcode.ts'
import { enrollPasskeyPage } from './pages/enroll-passkey.ts'
import { enrollSentPage } from './pages/enroll-sent.ts'
import { messagePage } from './pages/message.ts'
import { passwordPage } from './pages/password.ts'
import { refusedPage } from './pages/refused.ts'
import { passkeyAnswerOf, passkeyAssertionOf } from './passkey-answer.ts'
import { qrCode } from './qr-code.ts'
import { stillGood } from './ways.ts'

type Fields = Readonly<Record<string, unknown>>

/** Whether the form that is shown again was one for something else than a passkey. */
const isOfOtherWay = (body: unknown) => ['code', 'send', 'open'].some((name) => textOf(body, name) !== '')

/** The pages of the sign-in: one address, one page for each step, whatever brought the person there. */
export function signInPages(app: FastifyInstance, options: PromptOptions): void {
  const { rooms, visits } = options
  const draw = async (request: FastifyRequest, reply: FastifyReply, step: StepView, csrf: string, problem?: Problem): Promise<string> => {
    const application = 'application' in step ? step.application : undefined
    // Where the forms of the page may lead to in the end: browsers hold a form's redirects to the policy, too.
    const targets = [...('duo' in step ? duoTargets(step.duo) : []), ...(application?.origin === undefined ? [] : [application.origin])]
    if (targets.length > 0) asPage(reply, targets)
    const words = wordsOf(request, 'language' in step ? step.language : undefined)
    const shown = problem && toPageProblem(problem)
    const organization = 'organization' in step ? step.organization : undefined
    const requiredBy = 'requiredBy' in step ? step.requiredBy : undefined
    const frame = await frameOf(options, request, 'organizationId' in step ? step.organizationId : undefined)
    const withoutDuo = 'withoutDuo' in step ? step.withoutDuo : undefined
    const asked = { askedBy: application, requiredBy, withoutDuo }
    const common = { csrf, organization, ...asked, problem: shown, ...frame, isSetUp: step.returnTo === afterSetUp }
    switch (step.step) {
      case 'password':
        return passwordPage({ ...common, email: step.email, fixedEmail: true, passkey: step.passkey }, words)
      case 'answer': {
        const meant = textOf(request.query, 'with') || textOf(request.body, 'with')
        const remember = textOf(request.body, 'remember') !== ''
        const { kinds, ways, sent, opens, intent, rememberDays, duo } = step
        const now = rooms.now()
        const others = kinds.filter((kind) => kind !== 'passkey')
        const hasPasskey = others.length < kinds.length
        const isElsewhere = meant !== '' || stillGood(sent, now) !== undefined || duo?.push !== undefined || isOfOtherWay(request.body)
        if (hasPasskey && (others.length === 0 || !(isElsewhere || step.passkey === undefined))) {
          const { passkey, passkeyHosts } = step
          const hasOthers = others.length > 0
          return answerPasskeyPage({ ...common, passkey, passkeyHosts, intent, hasOthers, rememberDays, remember }, words)
        }
        const onPhone = meant === '' && duo && (await duoPhonePage(request, rooms.now(), common, step, duo, words))
        if (onPhone) return onPhone
        const view = {
          kinds: others,
          hasPasskey,
          ways,
          sent,
          opens,
          intent,
          rememberDays,
          remember,
          now,
          asksPin: step.asksPin,
          duo,
          withoutDuo,
        }
        const known = meant === 'backup-code' || meant === 'one-time-pass' || meant === 'duo-passcode' ? meant : 'app'
        return answerPage({ ...common, ...view, with: known }, words)
      }
      case 'enroll': {
        if (step.kind === 'passkey') {
          const label = textOf(request.body, 'label').slice(0, 60)
          return enrollPasskeyPage({ ...common, passkey: step.passkey, kinds: step.kinds, label }, words)
        }
        const phone = step.duo && (await duoPhonePage(request, rooms.now(), common, step, step.duo, words))
        if (phone) return phone
        if (step.kind === 'duo') return enrollDuoPage({ ...common, kinds: step.kinds, duo: step.duo }, words)
        if (step.kind === 'authanvil') return enrollPasscodePage({ ...common, kinds: step.kinds, asksPin: step.asksPin }, words)
        if (step.key === undefined || step.uri === undefined) {
          const { kind, kinds, to, sent } = step
          const phone = textOf(request.body, 'phone').slice(0, 40) || undefined
          return enrollSentPage({ ...common, kind, kinds, to, sent, phone, now: rooms.now() }, words)
        }
        const qrSvg = await qrCode(step.uri)
        const label = step.intent === 'enroll' ? textOf(request.body, 'label').slice(0, 60) : undefined
        const view = {
          key: step.key,
          uri: step.uri,
          kinds: step.kinds,
          qrSvg,
          recommendedApp: rooms.recommendedApp,
          canCancel: true,
          label,
        }
        return enrollPage({ ...common, ...view }, words)
      }
      case 'codes':
        return codesPage({ ...common, codes: step.codes }, words)
      case 'refused':
        return refusedPage(common, words)
      case 'done':
        return completePage({ intent: step.intent, returnTo: step.returnTo, ...frame }, words)
    }
  }

  const front = async (request: FastifyRequest, reply: FastifyReply, filled: Partial<Parameters<typeof passwordPage>[0]>) => {
    const cookie = visits.signInCookie(request, reply)
    const passkey = await entranceOptions(rooms, visits.of(request), cookie)
    const csrf = visits.csrfToken(cookie)
    return reply.send(passwordPage({ csrf, passkey, ...(await frameOf(options, request)), ...filled }, wordsOf(request)))
  }

  app.get<{ Querystring: Fields }>('/sign-in', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const visit = visits.of(request)
    const returnTo = textOf(request.query, 'return') || undefined
    if (!isBlank(visit.signIn)) {
      try {
        return reply.send(await draw(request, reply, await currentStep(rooms, visit), visits.csrfToken(visit.signIn ?? '')))
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'sign-in-gone') throw error
        if (isPortals(visit.signIn)) return portalGone(request, reply)
        return front(request, reply, { problem: toPageProblem(error), returnTo })
      }
    }
    if (visit.session && (await isSignedIn(visit))) return reply.redirect(safeReturn(returnTo ?? '/'), 303)
    return front(request, reply, { returnTo, notice: noticeOf(request, returnTo) })
  })

  /** Whoever a portal has sent has no password here: only the portal can begin anew. */
  const portalGone = async (request: FastifyRequest, reply: FastifyReply) => {
    visits.setCookies(reply, { signIn: null })
    const words = wordsOf(request)
    const { goneTitle, gone } = words.secondFactor
    return reply.send(messagePage({ title: goneTitle, text: gone, ...(await frameOf(options, request)) }, words))
  }

  /** Why somebody stands before the password, where the address says so. */
  const noticeOf = (request: FastifyRequest, returnTo: string | undefined) => {
    const { notices } = wordsOf(request).pages.password
    const named = textOf(request.query, 'notice')
    if (Object.hasOwn(notices, named)) return named as keyof typeof notices
    return returnTo === undefined ? undefined : 'sign-in-first'
  }

  const isSignedIn = (visit: Visit) =>
    checkSession(rooms, visit).then(
      () => true,
      () => false,
    )

  /** Whether the sign-in waits for this; the form of the password is also that of a signed-in person who confirms. */
  const isAt = (visit: Visit, name: StepView['step']) =>
    currentStep(rooms, visit).then(
      ({ step }) => step === name,
      () => false,
    )

  app.post<{ Body: Fields }>('/sign-in', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    const [email, password, returnTo] = [textOf(request.body, 'email'), textOf(request.body, 'password'), textOf(request.body, 'returnTo')]
    if (!isBlank(visit.signIn) && (await isAt(visit, 'password'))) return answer(request, reply, visit, { password })
    try {
      const { step, cookies } = await startSignIn(rooms, visit, { email: email.slice(0, 320), password, ...(returnTo ? { returnTo } : {}) })
      visits.setCookies(reply, cookies)
      return reply.redirect(step.step === 'done' ? step.returnTo : '/sign-in', 303)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      withStatus(reply, error)
      return front(request, reply, { email, returnTo: returnTo || undefined, problem: toPageProblem(error) })
    }
  })

  /** What was given; a function where reading it may already refuse it. */
  const answer = async (request: FastifyRequest, reply: FastifyReply, visit: Visit, what: Answer | (() => Promise<Answer>)) => {
    try {
      const given = typeof what === 'function' ? await what() : what
      const { step, cookies } = await answerSignIn(rooms, visit, given)
      visits.setCookies(reply, cookies)
      if (step.step !== 'done')
        return reply.redirect(('duo' in step && step.duo?.address) || ('check' in given ? '/sign-in?checked=yes' : '/sign-in'), 303)
      if (step.intent === 'second-factor') return reply.redirect(step.returnTo, 303)
      if ('saved' in given && step.intent !== 'backup-codes') return reply.send(await draw(request, reply, step, ''))
      const mark = step.intent === 'enter' ? '' : `${step.returnTo.includes('?') ? '&' : '?'}done=${step.intent}`
      return reply.redirect(`${step.returnTo}${mark}`, 303)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.code === 'sign-in-gone' || error.code === 'moved-on' || error.code === 'step-not-open')
        return reply.redirect('/sign-in', 303)
      withStatus(reply, error)
      return reply.send(await draw(request, reply, await currentStep(rooms, visit), visits.csrfToken(visit.signIn ?? ''), error))
    }
  }

  app.post<{ Body: Fields }>('/sign-in/answer', { config: { authority: { who: 'sign-in' } } }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    if (textOf(request.body, 'password') !== '') return answer(request, reply, visit, { password: textOf(request.body, 'password') })
    if (textOf(request.body, 'passkey') !== '') return answer(request, reply, visit, () => passkeyAnswerOf(request.body))
    if (textOf(request.body, 'saved') !== '') return answer(request, reply, visit, { saved: true })
    const [send, choose, phone] = [textOf(request.body, 'send'), textOf(request.body, 'choose'), textOf(request.body, 'phone')]
    if (send !== '') {
      const device = textOf(request.body, 'device').slice(0, 64)
      const remembers = textOf(request.body, 'remember') !== ''
      return answer(request, reply, visit, {
        send: send.slice(0, 40),
        ...(device ? { device } : {}),
        ...(remembers ? { remember: true } : {}),
      })
    }
    if (choose !== '') return answer(request, reply, visit, { choose: choose.slice(0, 40) })
    if (phone !== '') return answer(request, reply, visit, { phone: phone.slice(0, 40) })
    if (textOf(request.body, 'check') === 'duo') return answer(request, reply, visit, { check: 'duo' })
    if (textOf(request.body, 'open') === 'duo')
      return answer(request, reply, visit, { open: 'duo', ...(textOf(request.body, 'remember') === '' ? {} : { remember: true }) })
    const code = textOf(request.body, 'code').slice(0, 128)
    if (code === '' && (await isAt(visit, 'codes'))) {
      // The tick is missing; the codes are still the same ones.
      const problem = new Problem('malformed')
      withStatus(reply, problem)
      return reply.send(await draw(request, reply, await currentStep(rooms, visit), visits.csrfToken(visit.signIn ?? ''), problem))
    }
    const label = textOf(request.body, 'label').slice(0, 60)
    const remember = textOf(request.body, 'remember') !== ''
    const pin = textOf(request.body, 'pin').slice(0, 32)
    return answer(request, reply, visit, { code, ...(pin ? { pin } : {}), ...(remember ? { remember } : {}), ...(label ? { label } : {}) })
  })

  /**
   * Where Duo sends the browser back to. It comes from another site's page, so there is no proof against forgery in it: its `state` is
   * one, which only this browser's sign-in knows.
   */
  app.get<{ Querystring: Fields }>('/sign-in/duo', { config: { authority: { who: 'sign-in' } } }, (request, reply) => {
    const of = (name: string, longest: number) => {
      const text = textOf(request.query, name).slice(0, longest)
      return text === '' ? {} : { [name]: text }
    }
    const code = { ...of('code', 1024), ...of('duo_code', 1024) }
    const error = { ...of('error', 256), ...of('error_description', 1024) }
    return answer(request, reply, visits.of(request), {
      returned: { state: textOf(request.query, 'state').slice(0, 1024), ...code, ...error },
    })
  })

  app.post<{ Body: Fields }>('/sign-in/passkey', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    const returnTo = textOf(request.body, 'returnTo') || undefined
    try {
      const passkey = await passkeyAssertionOf(request.body)
      const { step, cookies } = await startWithPasskey(rooms, visit, { passkey, ...(returnTo ? { returnTo } : {}) })
      visits.setCookies(reply, cookies)
      return reply.redirect(step.step === 'done' ? step.returnTo : '/sign-in', 303)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      withStatus(reply, error)
      return front(request, reply, { returnTo, problem: toPageProblem(error) })
    }
  })

  app.post<{ Body: Fields }>('/sign-in/cancel', { config: { authority: { who: 'sign-in' } } }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    const back = await cancelSignIn(rooms, visit)
    visits.setCookies(reply, { signIn: null })
    return reply.redirect(back, 303)
  })

  app.post<{ Body: Fields }>('/sign-in/ask-administrator', { config: { authority: { who: 'sign-in' } } }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    const page = async ({ organizationId, ...asked }: AskedAdministrators & { readonly isAgain?: boolean }) =>
      askedPage({ ...asked, ...(await frameOf(options, request, organizationId)) }, wordsOf(request))
    try {
      return reply.send(await page(await askAdministrator(rooms, visit)))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.code === 'too-many-attempts')
        return withStatus(reply, error).send(await page({ ...(await whomAsked(rooms, visit)), isAgain: true }))
      return reply.redirect('/sign-in', 303)
    }
  })

  app.get('/sign-in/codes.txt', { config: { authority: { who: 'sign-in' } } }, async (request, reply) => {
    const step = await currentStep(rooms, visits.of(request))
    if (step.step !== 'codes') throw new Problem('step-not-open')
    reply.header('content-disposition', 'attachment; filename="backup-codes.txt"').type('text/plain; charset=utf-8')
    return reply.send(`${step.codes.join('\r\n')}\r\n`)
  })
}
