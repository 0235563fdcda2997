/** The help about applications: what the doors are, and which one fits. */
export const applicationsHelpWords = {
  title: 'Applications',
  what: 'An application is whatever signs its people in through Countersign. There are three doors for portals, and keys for programs. One organization may use all of them.',
  onThisPage: 'On this page',
  which: {
    id: 'which',
    title: 'Which one fits?',
    steps: [
      'The portal can sign people in with OpenID Connect, SSO or "Log in with…": take OpenID Connect. Most frameworks and products can.',
      'The portal keeps its own passwords and is to ask for a second step only: take Second factor only. A portal that already has the library of Duo Web changes three settings.',
      'The portal can do neither, and stands behind nginx, Caddy, HAProxy or Traefik: take Forward-auth. The portal itself stays as it is.',
      'It is no portal but a VPN, a script or a help desk that has to check a code: make an API key.',
    ],
  },
  doors: [
    {
      id: 'oidc',
      title: 'OpenID Connect',
      text: 'People log in here, with what your rules ask for, and come back. The portal learns who it is, in which role and how surely, may ask for a second step where a page needs it, and is told when a session ends.',
      takes: 'It takes about ten minutes: type the issuer, client ID and client secret into the portal, and its redirect address here.',
    },
    {
      id: 'second-factor',
      title: 'Second factor only',
      text: 'The portal checks the password itself, then sends the person here for the second step and gets a signed answer. No session comes of it.',
      takes: 'It takes about ten minutes where the portal has the library already, and an hour where a programmer has to build it in.',
    },
    {
      id: 'forward-auth',
      title: 'Forward-auth',
      text: 'The proxy in front of the portal asks Countersign about every request: by organization and role, with a second step, a fresh one or a passkey where a part of the portal takes it. The portal reads in headers who it is.',
      takes:
        'It takes about twenty minutes for somebody who may change the proxy. "Try it" on the page of the application says what is missing.',
    },
    {
      id: 'api-keys',
      title: 'API keys',
      text: 'For programs without a browser, such as a VPN: they check a code, or ask for a second step in a browser and look what became of it. A key opens no account, lives a year at most, and can be revoked at any time.',
      takes: 'It takes about five minutes: create one, and copy it into the program. It is shown once.',
    },
  ],
  open: 'Open Applications',
} as const
