import type { Step as ContractStep } from '#contract/sign-in.ts'
import { duoHeldBack, requirementFor } from '#domain/policy.ts'
import { rememberDaysFor } from '#domain/remembered-devices.ts'
import type { SignIn, Step } from '#domain/sign-in.ts'
import type { Account } from '#store/person.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import type { Rooms } from './rooms.ts'
import { sentView, shownAddress, waysOf } from './sent-codes.ts'

/** A step as people and programs get it. The proof against forgery is added where cookies are known. */
export type StepView = ContractStep extends infer One ? (One extends unknown ? Omit<One, 'csrfToken'> : never) : never

/** What the person sees of the step that the sign-in is at. */
export function viewOf(rooms: Rooms, open: OpenSignIn, step: Step): StepView {
  const { signIn, account } = open
  const [first, ...others] = account.memberships
  const organization = first && others.length === 0 ? { organization: first.organizationName, organizationId: first.organizationId } : {}
  const language = account.language === undefined ? {} : { language: account.language }
  const common = {
    intent: signIn.intent,
    expiresAt: signIn.expiresAt.toISOString(),
    returnTo: signIn.returnTo,
    ...organization,
    ...language,
  }
  const because = requirementFor(account.memberships, account.setUpDue).because
  const requiredBy = because ? { requiredBy: { organization: because.organization, rule: because.rule } } : {}
  const withoutDuo = [...duoHeldBack(account.memberships)]
  const heldBack = withoutDuo.length > 0 ? { withoutDuo } : {}
  switch (step.step) {
    case 'password':
      return { step: 'password', ...common, email: account.email }
    case 'answer': {
      const ways = {
        ways: waysOf(rooms, account, step.kinds),
        ...sentView(rooms, open),
        ...(step.opens ? { opens: step.opens } : {}),
        ...heldBack,
      }
      return {
        step: 'answer',
        ...common,
        kinds: [...step.kinds],
        ...ways,
        ...requiredBy,
        ...(step.opens ? {} : rememberable(signIn, account)),
      }
    }
    case 'enroll': {
      if (!signIn.enrollment) throw new Error('An open enrollment shows something.')
      const { kind, show } = signIn.enrollment
      const what = { step: 'enroll' as const, ...common, kind, kinds: [...step.kinds], ...requiredBy, ...heldBack }
      if (show.form === 'list') return { step: 'codes', ...common, codes: [...show.codes] }
      if (show.form === 'secret') return { ...what, key: show.key, uri: show.uri }
      if (show.form === 'passcode' || show.form === 'duo') return what
      return { ...what, ...(show.to === undefined ? {} : { to: shownAddress(account, show.to) }), ...sentView(rooms, open) }
    }
    case 'refused':
      return { step: 'refused', ...common, reason: 'ask-administrator', ...requiredBy }
    case 'done':
      return { step: 'done', intent: signIn.intent, returnTo: signIn.returnTo }
  }
}

const rememberable = ({ intent }: SignIn, { memberships }: Account) => {
  const days = intent === 'enter' ? rememberDaysFor(memberships) : 0
  return days === 0 ? {} : { rememberDays: days }
}
