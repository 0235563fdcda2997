/** The help about Duo, for people and for administrators, with the names that the Duo Admin Panel uses now. */
export const duoHelpWords = {
  title: 'Settings - Duo',
  what: 'Duo asks on your phone whether it is you who logs in. Your organization decides whether Duo is used, and whose Duo account.',
  onThisPage: 'On this page',
  app: 'Duo Mobile:',
  appStore: 'App Store',
  playStore: 'Google Play',
  people: {
    id: 'people',
    title: 'Set Duo up on your phone',
    steps: [
      'Install Duo Mobile from the App Store or Google Play.',
      'Open it. On the welcome screen tap "Get Started", and accept what it asks for: notifications, so that it can ask you, and the camera, to scan the QR code.',
      'If you have a mail "Duo Security Enrollment" in your business mailbox, follow the link in it: Duo then knows your phone before you log in here.',
      'Log in here. If you have another authenticator, it is asked first, a last time.',
      'Duo opens. If your phone is not known yet, choose "Start setup", say which device it is and its number, then scan the QR code with Duo Mobile. With your provider’s account we show the QR code ourselves.',
      'Approve the request on your phone. Then keep the backup codes that we show you.',
    ],
    note: 'Check: your name, top right, then User Settings. The card "Two-Factor Authentication" says SECURED.',
  },
  uses: [
    {
      id: 'prompt',
      title: "Log in with Duo's page",
      steps: [
        'Type your email and password here, then choose "Continue to Duo". The address then begins with that of Duo: api-….duosecurity.com.',
        'Duo asks you in the way that you used last. "Other options" shows what else you have set up there, such as a passcode or a security key.',
        'Approve. Duo brings you back here by itself; you have ten minutes for it.',
      ],
      note: 'You came back and are not in? The page says why. Choose "Continue to Duo" once more, or one of the other ways that it offers.',
    },
    {
      id: 'approve',
      title: 'Approve a push on your phone',
      steps: [
        'Choose "Send a push to my phone". With several devices choose the one that you have at hand.',
        'Open Duo Mobile. Compare organization, address and time with what our page shows beside it, then tap "Approve".',
        'If our page shows a number, type it on the phone.',
        'Approve only what you began. If a request comes by itself, tap "Deny": somebody knows your password.',
        'After "Deny" nobody gets in, and no more pushes are sent until you have logged in another way. After "not me" (or "It seems fraudulent") your administrators are told, too. Then change your password.',
      ],
      note: 'Few pushes are sent in a row, so that nobody approves one only to have peace. A passcode works all the same.',
    },
    {
      id: 'passcode',
      title: 'Type a passcode of Duo',
      steps: [
        'Without a connection, or when no push arrives: choose "Type a Duo passcode".',
        'Open Duo Mobile, tap the account, and type the code that it shows. It needs no network for that.',
        'A code of a hardware token, or one that your administrator gives you in Duo, is typed in the same field. Each works once.',
      ],
    },
    {
      id: 'activation',
      title: "Set Duo up with your provider's account",
      steps: [
        'Log in with email and password. Our page shows who looks after Duo: your organization needs no account there.',
        'Install Duo Mobile, choose "Show the QR code", and scan it: in Duo Mobile "Add", then "Use QR code". On the phone itself choose "Open it in Duo Mobile on this phone".',
        'Approve the first push, then save your backup codes.',
      ],
      note: 'A QR code that has run out lets nobody in: choose "Show a fresh QR code".',
    },
  ],
  trouble: {
    id: 'trouble',
    title: 'When it does not work',
    steps: [
      'No request on the phone: open Duo Mobile, it fetches what waits. Or choose another way in Duo: a passcode works without a connection.',
      'A request that you did not start: deny it, and change your password. Somebody has it.',
      'Another phone: your administrator, or whoever administers Duo, lets you set it up anew.',
      'Phone lost: log in with a backup code, and tell your administrator at once.',
    ],
  },
  administrators: 'For administrators: your own Duo account',
  sections: [
    {
      id: 'applications',
      title: 'Create the two applications',
      steps: [
        'Log in to the Duo Admin Panel (admin.duosecurity.com) as Owner, Administrator or Application Manager.',
        'Open Applications, then Application Catalog. In older panels: Applications, then "Protect an Application".',
        'Search for \'Web SDK\' and choose "+ Add". In older panels: "Protect".',
        'Copy Client ID, Client secret and API hostname into the fields of the Web SDK application. Older panels call them Integration key, Secret key and API hostname.',
        "Go back to the catalog, search for 'Auth API', add it, and copy Integration key, Secret key and API hostname into the fields of the Auth API application.",
        'In both applications, let your people in: where "User access" says that no user has access, choose the groups, or all users.',
      ],
      note: 'Treat the secret like a password. If it gets out, draw a new one in the panel and save it here; the old one ends at once.',
    },
    {
      id: 'aliases',
      title: 'Names and aliases',
      steps: [
        'We send Duo the email of a person as their user name. If Duo knows them by another name, such as "ana", it takes them for somebody new.',
        'In the Duo Admin Panel: Users, choose a user, "Add a username alias", type the email. With a directory sync, map the email to an alias there.',
        'For many users: the Duo Admin API takes the fields alias1 to alias4 of a user. Each user has up to four for certain.',
        'An alias belongs to one user alone. Never give an alias to the wrong one: that person could then approve for the other.',
      ],
      note: 'The key doctor lists whose name is missing at Duo before you switch over.',
    },
    {
      id: 'normalization',
      title: 'Username Normalization',
      steps: [
        'In the Duo Admin Panel: Applications, Applications, choose the application, scroll to "Username normalization".',
        'Simple takes "ACME\\ana", "ana@acme.example" and "ana" for the same user. None compares the whole name.',
        'Set the same value in both applications, and save each.',
        'Take None where two people have the same name in front of different domains: with Simple one could approve for the other.',
      ],
    },
    {
      id: 'push',
      title: 'Make the push strong',
      steps: [
        'Turn on Verified Duo Push in the policy of both applications (Policies, Authentication methods): the person types a number from the screen into Duo Mobile.',
        'Without it a push is approve-only: whoever keeps asking may be approved by mistake. It counts as a second step here, and never as phishing-resistant.',
        'Limit the methods in the same policy: phone calls and text messages are weaker than the app.',
        'Leave users in bypass for as short as possible. Here a bypass is no second step unless you say so.',
      ],
    },
    {
      id: 'away',
      title: 'While Duo is away',
      steps: [
        'If Duo does not answer, nobody is let in without a second step: neither setting opens a door.',
        '"Nobody is let in without Duo": backup codes and one-time passes still work.',
        '"Offer another method": only one that the rules allow and that the person had set up before.',
        'The settings of Duo show when it was last away, and why, and "Check the keys now" asks Duo at once.',
      ],
    },
  ],
} as const
