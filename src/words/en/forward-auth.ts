import { isolating } from '../bidi.ts'

/** The pages between a portal and the sign-in. */
export const forwardAuth = isolating({
  goOn: {
    title: 'You are logged in',
    text: (portal: string) => `Going on to ${portal} …`,
    go: (portal: string) => `Go on to ${portal}`,
  },
  stepUp: {
    title: 'One more step',
    text: (portal: string) =>
      `${portal} asks for more here than how you logged in. Prove with your second step that it is you; then you go on where you were.`,
    passkeyText: (portal: string) =>
      `${portal} asks for a passkey or security key here. Use yours, or set one up; then you go on where you were.`,
    go: 'Go on',
  },
  barred: {
    title: 'You cannot go on here',
    text: {
      'two-factor-not-available': (portal: string) =>
        `${portal} asks for a second step here, and Two-Factor Authentication is switched off for you. Ask a Security Admin of your organization.`,
      'passkey-not-available': (portal: string) =>
        `${portal} asks for a passkey or security key here. You can set up no passkey: the rules of your organization do not allow it, or you have as many authenticators as there may be. Ask a Security Admin of your organization.`,
    },
    back: (portal: string) => `Back to ${portal}`,
  },
  notLetIn: {
    title: 'You are not let in here',
    text: (portal: string) =>
      `You are logged in, but ${portal} is not open to your organization, or not to your role. Ask a Security Admin of your organization.`,
  },
  lost: {
    title: 'That way in no longer works',
    text: 'It was used already, it has run out, or your browser keeps no cookies for that site. Open the portal again.',
    back: (portal: string) => `Open ${portal}`,
  },
  signOut: {
    title: 'Log out?',
    text: (portal: string) => `This logs you out of ${portal} and of everything else that you are logged in to with this account.`,
    go: 'Log out',
  },
  tried: {
    fineTitle: 'The proxy asks as it should',
    fine: (portal: string) =>
      `Countersign believes the proxy of ${portal}, and every header arrives once. Open the portal to see the rest.`,
    wrongTitle: 'The proxy does not ask as it should',
    wrong: 'Nobody is let in until this is put right. Compare its configuration with that of the guide.',
    stranger:
      'Countersign does not believe this proxy: TRUSTED_PROXIES does not have its address. The log of Countersign says which address that is.',
    headers: { scheme: 'X-Forwarded-Proto', host: 'X-Forwarded-Host', uri: 'X-Forwarded-Uri', method: 'X-Forwarded-Method' },
    missing: (header: string) => `${header} does not arrive.`,
    twice: (header: string) => `${header} arrives more than once: let the proxy set it, and take away what the browser sends.`,
    other: 'The address that arrives is not an address of this application: compare scheme, host and port.',
    open: (portal: string) => `Open ${portal}`,
  },
  signedOut: {
    title: 'You are logged out',
    text: 'Close the browser if others use this computer.',
    back: (portal: string) => `Back to ${portal}`,
  },
} as const)
