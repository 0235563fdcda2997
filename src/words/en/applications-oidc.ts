/** What is said of applications that come by OpenID Connect. */
const address = 'Use https, or http on localhost. No wildcard, no # and no user name; written exactly as the application sends it.'

export const oidcWords = {
  kind: 'OpenID Connect',
  kindWhat: 'For portals that can sign people in with OpenID Connect: most frameworks and many products can.',
  redirectUris: 'Redirect addresses',
  redirectUrisWhat:
    'Where the application takes people back, one in each line. Compared letter by letter. The framework or the manual of the application says what it is, such as https://portal.example.com/auth/callback.',
  postLogoutRedirectUris: 'Addresses after signing out',
  postLogoutRedirectUrisWhat: 'Where people may be sent once they have signed out, one in each line. May stay empty.',
  backChannelLogoutUri: 'Back-channel logout address',
  backChannelLogoutUriWhat: 'Countersign calls it when a session ends, so that the application ends its own. May stay empty.',
  startUri: 'Where people begin',
  startUriWhat: 'The page of the application that sends people here. "Try it" opens it. May stay empty.',
  issuer: 'Issuer',
  discovery: 'Discovery address',
  framework: 'Ready settings for',
  frameworkWhat: 'Put the client secret into the environment of the application, where the setting reads it.',
  ready: (framework: string) => `Settings for ${framework}`,
  tryIt: 'Try it',
  tryItWhat: 'Opens the page where people begin, in a new window. Sign in there as your people would.',
  tryItMissing: 'Say below where people begin, then this opens it.',
  /** On the pages between an application and the Prompt. */
  pages: {
    onward: (application: string) => `On to ${application}`,
    onwardText: 'You are taken there in a moment.',
    onwardAction: 'Continue',
    refused: 'This sign-in cannot go on',
    refusedText: (why: string) =>
      `The application that sent you here asked for something that Countersign does not take. Go back and start again; if it stays, tell whoever runs the application: ${why}.`,
    stranger: (application: string) => `You have no access to ${application}`,
    strangerText: (email: string) =>
      `You are signed in as ${email}, who does not belong to the organization of this application. Ask its administrator to invite you, or sign out and sign in as somebody else.`,
    backTo: (application: string) => `Back to ${application}`,
    ask: 'Sign out?',
    askText: (application: string | undefined) =>
      `${application ?? 'An application'} asks to sign you out. You are signed out here and of every application that you use with this account.`,
    askAction: 'Sign out',
    askNo: 'Stay signed in',
    signedOut: 'You are signed out',
    signedOutText: 'You can close this window.',
  },
  faults: {
    redirectUris: 'Type at least one address.',
    'redirectUris.value': address,
    postLogoutRedirectUris: address,
    backChannelLogoutUri: address,
    startUri: address,
  },
} as const
