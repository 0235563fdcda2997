import { isolating } from '../bidi.ts'

/** What the pages of the sign-in say about Duo. */

const listed = (names: readonly string[]): string => new Intl.ListFormat('en').format(names)

/** Why Duo gave no answer, where that tells the person what to do; what is wrong with the keys only administrators can put right. */
const misconfigured: readonly string[] = ['secret', 'application', 'clock', 'permission', 'request', 'reply']

interface Told {
  readonly title: string
  readonly advice: string
}

const askAdministrator = 'Use another way that this page offers, or ask your administrator.'

/** What is told when Duo gave no answer. */
export function duoUnavailable(reason: string | undefined): Told {
  if (reason === 'off') return { title: 'Duo is switched off.', advice: `Your organization no longer uses Duo. ${askAdministrator}` }
  if (reason !== undefined && misconfigured.includes(reason))
    return {
      title: 'Duo does not take the settings of your organization.',
      advice: `Nobody can log in through Duo until an administrator has put them right. ${askAdministrator}`,
    }
  return {
    title: 'Duo does not answer.',
    advice: `Nobody can say whether it is you, so nobody is let in. Try again in a minute. If it stays so: ${askAdministrator.toLowerCase()}`,
  }
}

/** What is told when Duo was asked, and nobody is let in. */
export function duoRefused(reason: string | undefined, status: string | undefined): Told {
  switch (reason) {
    case 'spared':
      return {
        title: 'Duo let you through without asking you.',
        advice:
          'Your organization does not count that as a second step. Ask your administrator: your user in Duo may be in bypass, or Duo may remember this device.',
      }
    case 'other-user':
      return {
        title: 'Duo knows you as somebody else than before.',
        advice:
          'Nobody was let in, and your administrators have been told. If your Duo account was set up anew, ask them to reset your Two-Factor Authentication.',
      }
    case 'taken':
      return {
        title: 'Duo takes you for somebody else here.',
        advice:
          'The user that Duo let in belongs to another person. Nothing was set up, and your administrators have been told: two people may have one name in Duo.',
      }
    default:
      return status === 'fraud'
        ? {
            title: 'The login was reported as not yours.',
            advice:
              'Duo has told your administrators. If it was you, try again. If it was not: somebody knows your password, so change it with "Forgot password?".',
          }
        : {
            title: 'Duo did not let you in.',
            advice: `The login was denied there. If that was a slip, choose "Continue to Duo" again. If not: ${askAdministrator.toLowerCase()}`,
          }
  }
}

/** What is told when what came back belongs to nothing that is open. */
export function duoStartAgain(reason: string | undefined): Told {
  if (reason === 'expired')
    return { title: 'That took too long.', advice: 'Duo has to be asked anew. Choose "Continue to Duo" and approve within ten minutes.' }
  if (reason === 'error')
    return { title: 'Duo could not go on.', advice: 'Choose "Continue to Duo" to try again, or another way that this page offers.' }
  return {
    title: 'This answer of Duo was used already, or is not for this login.',
    advice: 'Nothing was changed by it. Choose "Continue to Duo" to ask anew.',
  }
}

export const duoPages = isolating({
  button: 'Continue to Duo',
  lead: 'Duo asks whether it is you. On its page you approve with Duo Mobile, or in another way that it offers.',
  leadAny: 'Continue to Duo, or type the code of your authenticator app.',
  leadSent: 'Continue to Duo, or have a code sent.',
  orCode: 'Or type a code',
  orDuo: 'Or let Duo ask you',
  away: (organization: string): Told => ({
    title: 'Duo does not answer.',
    advice: `For now ${organization} lets you use another way that you have set up. This is written down.`,
  }),

  /** To people of several organizations: S2.4. */
  without: (organizations: readonly string[]): string =>
    `Duo of ${listed(organizations)} is not for you: an account at Duo is for one organization, and you belong to several. Use one of the ways on this page.`,

  /** The same, where Duo is asked a last time. */
  withoutSoon: (organizations: readonly string[]): string =>
    `Duo asks you a last time. An account at Duo is for one organization, and you belong to several: next you set up another way in place of the Duo of ${listed(organizations)}.`,
  toDuo: 'Back to Duo',

  enroll: {
    title: 'Set up Duo',
    lead: 'From now on Duo asks whether it is you when you log in.',
    install: 'Install Duo Mobile',
    installText: 'It is free. Open it once, choose "Get Started" and let it send notifications and use the camera.',
    stores: [
      ['App Store', 'https://apps.apple.com/app/duo-mobile/id422663827'],
      ['Google Play', 'https://play.google.com/store/apps/details?id=com.duosecurity.duomobile'],
    ] as const,
    on: 'Duo Mobile in the',
    go: 'Continue to Duo',
    goText: 'Duo leads you through its own set-up and then brings you back here:',
    asks: [
      'Choose "Start setup".',
      'Choose the kind of device, and type its number.',
      'Choose its system, such as iPhone or Android.',
      'Confirm "I have Duo Mobile installed".',
      'Scan the QR code with Duo Mobile, then approve.',
    ],
    known: 'Did you set up Duo already, from a mail "Duo Security Enrollment"? Then it only asks you to approve.',
    keeps: 'What you have used until now stays until Duo has let you in once.',
  },
} as const)
