/**
 * Where each setting is, under all the words by which people of different portals know it. The first words of an entry are its
 * title; the others are only searched.
 */
export interface Setting {
  readonly title: string
  readonly where: string
  readonly href: string
  readonly words: string
  /** Whether only those who may see Company Settings are led there. */
  readonly isForAdministrators: boolean
}

const twoFactor = '/company-settings/general/two-factor'
const passwords = '/company-settings/general/password-rules'
const messages = '/company-settings/general/messages'
const ofCompany = (title: string, href: string, words: string): Setting => ({
  title,
  where: `Company Settings, General, ${href.startsWith(passwords) ? 'Password Security Rules' : href.startsWith(messages) ? 'Messages' : 'Two-Factor Authentication'}`,
  href,
  words: `${words} company settings client settings general admin`,
  isForAdministrators: true,
})
const own = (title: string, href: string, words: string): Setting => ({
  title,
  where: href.startsWith('/help') ? 'Help' : 'User Settings',
  href,
  words: `${words} user settings profile my account`,
  isForAdministrators: false,
})

export const settings: readonly Setting[] = [
  ofCompany(
    'Enable 2FA',
    `${twoFactor}#enable`,
    'mfa multi-factor two-step verification two-factor authentication domain organization available master switch on off disable turn on turn off password security rules',
  ),
  ofCompany(
    'Force All Users On 2FA',
    `${twoFactor}#who`,
    'mfa who must use it require everyone everybody mandatory enforce all at once opt-in chosen users per user mode',
  ),
  ofCompany('New users start as required', `${twoFactor}#new-users`, 'provisioned invite import default required 2fa onboarding'),
  ofCompany(
    '2FA Communication Method',
    `${twoFactor}#method`,
    'otp authenticator duo mobile google microsoft 2fa method type drop-down default third party app two factor type sms text message email phone call voice otp via',
  ),
  ofCompany(
    'Allowed methods',
    `${twoFactor}#allowed-methods`,
    '2fa mfa methods factors authenticator choose which sms text message email phone call voice otp via weaker own codes passkey security key yubikey windows hello face id webauthn fido2',
  ),
  ofCompany(
    'Passkeys only',
    `${twoFactor}#phishing-resistant`,
    'passkey passkeys security key yubikey windows hello face id touch id fido fido2 webauthn phishing-resistant phishing mfa require enforce',
  ),
  ofCompany(
    'Passkey is a whole sign-in',
    `${twoFactor}#passwordless`,
    'passkey passkeys passwordless without password security key yubikey windows hello face id touch id fido2 webauthn',
  ),
  ofCompany(
    'Allow Users to Change 2FA Communication',
    `${twoFactor}#allow-change`,
    'allow users to change method of 2fa communication pick choose own method toggle',
  ),
  ofCompany(
    'Duo key doctor',
    `${twoFactor}/duo-doctor`,
    'duo preflight unknown users missing alias aliases import admin api username normalization simple none merge check',
  ),
  ofCompany(
    'Email for administrators',
    `${twoFactor}#email-for-administrators`,
    '2fa mfa email otp via email codes by mail admin weaker allow',
  ),
  ofCompany(
    'Standardize on one method',
    `${twoFactor}#standardize`,
    'standardize all users on one preset same workflow enforce one method',
  ),
  ofCompany(
    '2FA Passcode Timeout',
    `${twoFactor}#passcode-timeout`,
    'configuring additional 2fa settings code validity expire expiry minutes custom length of time',
  ),
  ofCompany(
    'Remember devices',
    `${twoFactor}#remember-days`,
    'configuring additional 2fa settings remember this device trusted device days trust browser skip',
  ),
  ofCompany('Who may have a device remembered', `${twoFactor}#remembers`, 'remember this device trusted device administrators'),
  ofCompany('Strict time for app codes', `${twoFactor}#strict-totp`, 'totp clock skew window 30 seconds drift code'),
  ofCompany(
    'Reset Organization 2FA',
    `${twoFactor}#reset-organization`,
    'reset organisation two-factor authentication everybody all users remove duo confirm done lost secrets',
  ),
  ofCompany(
    'Duo',
    `${twoFactor}#duo`,
    'to use your existing duo integration use duo security push integration key client id secret key client secret api hostname web sdk websdk auth api universal prompt bypass while duo is away outage provider account msp licenses licences',
  ),
  ofCompany(
    'Standardize all users on Duo',
    `${twoFactor}#standardize-duo`,
    'duo push preset standardize all users on duo push same workflow force everyone',
  ),
  ofCompany(
    'Set Up Organization 2FA',
    `${twoFactor}/set-up`,
    'set up organisation 2fa two-factor authentication wizard duo provider choose guided setup 2fa set up',
  ),
  ofCompany(
    'AuthAnvil',
    `${twoFactor}#authanvil`,
    'enable authanvil sas url site id default pin passly kaseya strong authentication server token soap',
  ),
  ofCompany('Rules for a reset', `${twoFactor}#reset-rules`, 'second security admin must approve two-person rule undo take back window'),
  ofCompany('Least password length', `${passwords}#least-password-length`, 'password policy security rules minimum characters complexity'),
  ofCompany('Password Security Rules', passwords, 'password policy enable 2fa two-factor domain security'),
  ofCompany(
    'Email gateway',
    `${messages}#gateway-mail`,
    'smtp mail server sender from address provider starttls tls send a test e-mail outgoing relay messages',
  ),
  ofCompany(
    'Text Message gateway',
    `${messages}#gateway-text`,
    'sms provider twilio webhook sender number messaging service text messages send a test',
  ),
  ofCompany('Phone Call gateway', `${messages}#gateway-call`, 'voice provider twilio webhook caller sender number call send a test'),
  ofCompany(
    'How much may be sent',
    `${messages}#sending-limits`,
    'limits countries allowed country list daily ceiling budget toll fraud sms pumping cost own gateways of sites',
  ),
  ofCompany('What was sent', `${messages}#sent`, 'statistics chart delivered entered conversion messages sms mail'),
  ofCompany('Not delivered', `${messages}#not-delivered`, 'dead letters failed bounced given up undelivered messages send again resend'),
  {
    title: 'Users',
    where: 'Admin',
    href: '/users',
    words: 'user management team people edit user two factor type required 2fa enable disable reset actions three dots cell phone invite',
    isForAdministrators: true,
  },
  {
    title: 'Applications',
    where: 'Admin',
    href: '/applications',
    words:
      'portals openid connect oidc oauth sso single sign-on log in with forward-auth forward auth nginx caddy haproxy traefik reverse proxy headers duo web sdk universal prompt second factor only client id client secret redirect address back-channel logout',
    isForAdministrators: true,
  },
  {
    title: 'API keys',
    where: 'Admin, Applications',
    href: '/applications#api-keys',
    words: 'vpn radius script program token help desk verify check a code push key revoke scopes api',
    isForAdministrators: true,
  },
  own(
    'Two-Factor Authentication',
    '/settings',
    '2-factor auth 2fa mfa enable disable reset qr code third party authenticator app scan change method communication sms text message email phone call',
  ),
  own(
    'Add a passkey',
    '/settings',
    'passkeys security key yubikey windows hello face id touch id fingerprint fido fido2 webauthn set up remove rename lost',
  ),
  own(
    'How passkeys and security keys work',
    '/help/two-factor#passkeys',
    'help passkey yubikey windows hello face id touch id fingerprint pin phone computer lost several fido2 webauthn',
  ),
  own('Cell Phone', '/settings#profile', 'phone number country code mobile verify sms text message phone call edit profile'),
  own('Backup codes', '/settings', 'recovery lost phone emergency 2fa new backup codes'),
  own('Where you are signed in', '/settings', 'sessions sign out end devices'),
  own(
    'How Two-Factor Authentication works',
    '/help/two-factor',
    'help google authenticator microsoft authenticator duo mobile lastpass set up lost phone',
  ),
  own(
    'Which door fits a portal',
    '/help/applications',
    'help applications openid connect oidc forward-auth nginx caddy haproxy traefik second factor only api keys vpn integrate connect a portal',
  ),
  own(
    'How Duo works',
    '/help/duo',
    'help duo mobile security enrollment get started push alias username normalization web sdk auth api protect an application catalog',
  ),
  own("Log in with Duo's page", '/help/duo#prompt', 'help duo universal prompt continue to duo other options login'),
  own('Approve a push on your phone', '/help/duo#approve', 'help duo mobile verified push approve deny not me fraud request number'),
  own('Type a passcode of Duo', '/help/duo#passcode', 'help duo mobile passcode hardware token bypass code without connection offline'),
  own(
    "Set Duo up with your provider's account",
    '/help/duo#activation',
    'help duo mobile activation activate qr code provider msp new phone',
  ),
]

const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/** The settings in which every word of a search begins a word, those first whose title has them. */
export function findSettings(search: string, seesCompany: boolean): readonly Setting[] {
  const asked = wordsOf(search)
  if (asked.length === 0) return []
  const has = (text: string) => {
    const known = wordsOf(text)
    return asked.every((word) => known.some((one) => one.startsWith(word)))
  }
  const found = settings.filter((one) => (seesCompany || !one.isForAdministrators) && has(`${one.title} ${one.where} ${one.words}`))
  return [...found.filter((one) => has(one.title)), ...found.filter((one) => !has(one.title))]
}
