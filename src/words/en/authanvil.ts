/** What is said about AuthAnvil: in Company Settings, and to whoever signs in with it. */

const troubles: Readonly<Record<string, string | undefined>> = {
  plain: 'The address begins with http. Use https, or have the operator of this server list the host in ALLOWED_HOSTS.',
  host: 'There is no such server, or it is at an address that may not be asked. Check the host; one inside your own network must be listed in ALLOWED_HOSTS by the operator of this server.',
  certificate: 'The server could not prove that it is this host: its certificate is for another name, has run out, or is not trusted here.',
  network: 'No connection to the server, or it broke off. Check that it is on and that a firewall lets this server through.',
  timeout: 'The server did not answer within ten seconds.',
  busy: 'Too many questions to this server are open already. Try again in a minute.',
  rate: 'The server says that it was asked too often. Try again in a minute.',
  outage: 'The server answers, but says that it is out of order.',
  'not-it':
    'Something answers there, but it is not AuthAnvil. Check the path: it ends in /AuthAnvil/SAS.asmx, and its description (WSDL) must be switched on.',
  request: 'AuthAnvil did not understand the question. Check that the address is that of the Strong Authentication Server.',
  reply: 'What came back cannot be trusted or understood, so it was refused.',
}

export const authAnvilWords = {
  name: 'AuthAnvil',
  card: 'AuthAnvil',
  cardWhat:
    'For holders of an AuthAnvil account: people prove who they are with the passcode of their AuthAnvil token. Switch it on here, then allow AuthAnvil among the methods above.',
  enable: 'Enable Authanvil',
  url: 'AuthAnvil SAS URL',
  urlWhat: 'In the form https://<host>/AuthAnvil/sas.asmx. A bare host or a pasted ?wsdl is put right when you save.',
  siteId: 'AuthAnvil Site ID',
  siteIdWhat: 'A whole number. With the hosted service it is always 1.',
  pin: 'Default Pin',
  pinWhat:
    'The Pin is left over from on-premise AuthAnvil. The hosted service ignores it, but takes it when it is sent; 1111 unless you have configured another one. For one person another one can be set under Users, Actions, "AuthAnvil name and PIN".',
  pinKept: 'A Pin of your own is stored. Leave this empty to keep it.',
  order: 'Where the Pin goes',
  orders: {
    before: 'Pin first, then the one-time password',
    behind: 'Pin last, after the one-time password',
    both: 'Try both: first, and if that fails, last',
    none: 'No Pin',
  },
  orderWhat: 'If one order fails, try the other. "Try both" is one attempt of the person; AuthAnvil may count two.',
  showsPin: 'Show users a Pin field',
  showsPinWhat: 'OFF: the default Pin is sent for everybody. ON: people may type a Pin of their own when they log in.',
  save: 'Save',
  says: 'Change the settings of AuthAnvil.',
  saved: 'AuthAnvil answered, and its settings are saved.',
  savedOff: 'AuthAnvil is off.',
  checks: 'Saving asks AuthAnvil for a sign of life first. Nothing is stored when it does not answer.',
  failed: 'Nothing was saved.',
  trouble: (reason: string) => troubles[reason] ?? 'AuthAnvil could not be asked.',
  said: (text: string) => `What was heard: ${text}`,
  inUse: 'The methods above still allow AuthAnvil. Take it out of them and choose "Update" first.',
  faults: {
    url: 'Type the address of your AuthAnvil, such as https://authanvil.example.com/AuthAnvil/sas.asmx.',
    siteId: 'Type a whole number.',
    pin: 'At most 32 characters, without spaces at the ends.',
  } as Readonly<Record<string, string | undefined>>,
  changedBy: (who: string, when: string) => `${who} changed this last, ${when}.`,
  overtaken: (by: string | undefined) =>
    `${by ?? 'Somebody else'} has just changed this. What is stored now is shown when you load the page again.`,
  forbidden: (organization: string) => `Only a Security Admin of ${organization} can set up AuthAnvil.`,

  /** About one person, for administrators. */
  person: {
    entry: 'AuthAnvil name and PIN',
    section: 'AuthAnvil',
    sectionWhat: (name: string) => `What AuthAnvil knows ${name} by, where it is not the email and the PIN that hold for everybody.`,
    title: (name: string) => `AuthAnvil name and PIN of ${name}`,
    what: 'What is set here holds from the next passcode on.',
    userName: 'Name at AuthAnvil',
    userNameWhat: (email: string) => `Leave it empty where it is the email, ${email}.`,
    pin: 'PIN',
    pinWhat: 'The hosted service ignores it. A stored PIN is never shown again.',
    pins: {
      organization: 'The PIN of the organization',
      kept: 'Their own PIN, as it is stored',
      new: 'A PIN of their own',
      none: 'No PIN',
    },
    newPin: 'New PIN',
    faults: {
      userName: 'At most 128 characters, without control characters.',
      pin: 'Type a PIN: at most 32 characters, without spaces at the ends.',
    } as Readonly<Record<string, string | undefined>>,
    says: (name: string) => `Change what AuthAnvil knows ${name} by.`,
    done: (name: string) => `What AuthAnvil knows ${name} by is saved.`,
    securityAdminOnly: 'A Security Admin sets this.',
  },

  /** On the pages of the sign-in. */
  pages: {
    lead: 'Type the passcode that your AuthAnvil token shows.',
    leadAny: 'Type the passcode that your AuthAnvil token shows, or the code of your authenticator app.',
    hint: 'As your token shows it. Without the Pin.',
    pin: 'Pin',
    pinHint: 'Of your AuthAnvil token. Leave it empty if you never set one.',
    enrollLead: 'AuthAnvil: your organization checks passcodes with its own AuthAnvil.',
    enrollText: 'Type the passcode that your token shows now. If AuthAnvil takes it, this is your second step from now on.',
    mismatch: {
      title: 'That code is not right.',
      advice: 'AuthAnvil did not take it. Each passcode works once: type the one your token shows now.',
    },
    unavailable: {
      title: 'AuthAnvil does not answer.',
      advice:
        'Your passcode may well be right, but nobody could check it. This attempt was not counted. Try again in a minute, or ask your administrator.',
    },
    off: {
      title: 'AuthAnvil is switched off.',
      advice: 'Your organization no longer checks passcodes with AuthAnvil. Ask your administrator for another way.',
    },
  },
} as const
