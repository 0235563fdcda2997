import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSettings, settings } from './settings.ts'

const titles = (search: string, seesCompany = true) => findSettings(search, seesCompany).map(({ title }) => title)

test('each setting is found under the words of every document that speaks of it', () => {
  const known: Readonly<Record<string, string>> = {
    'Enable 2FA': 'Enable 2FA',
    MFA: 'Enable 2FA',
    domain: 'Enable 2FA',
    'Client Settings': 'Enable 2FA',
    'Password Security Rules': 'Password Security Rules',
    'password security rules enable': 'Enable 2FA',
    'Force All Users On 2FA': 'Force All Users On 2FA',
    'Allow Users to Change Method of 2FA Communication': 'Allow Users to Change 2FA Communication',
    'Allow Users to Change 2FA Communication': 'Allow Users to Change 2FA Communication',
    '2FA Communication Method': '2FA Communication Method',
    'Duo Mobile': '2FA Communication Method',
    'OTP via SMS': 'Allowed methods',
    'Text Message': '2FA Communication Method',
    'phone call': 'Allowed methods',
    'otp via email': 'Email for administrators',
    'Country Code': 'Cell Phone',
    '2FA Passcode Timeout': '2FA Passcode Timeout',
    'Configuring Additional 2FA Settings': '2FA Passcode Timeout',
    'Remember this device': 'Remember devices',
    'standardize all users': 'Standardize on one method',
    'User Management': 'Users',
    Team: 'Users',
    'existing Duo integration': 'Duo',
    'Integration key': 'Duo',
    'Client secret': 'Duo',
    'API hostname': 'Duo',
    'Web SDK': 'Duo',
    'standardize all users on Duo Push': 'Standardize all users on Duo',
    'SET UP ORGANIZATION 2FA': 'Set Up Organization 2FA',
    'Username Normalization': 'How Duo works',
    'Universal Prompt': "Log in with Duo's page",
    'deny a push': 'Approve a push on your phone',
    'Duo passcode': 'Type a passcode of Duo',
    'Duo activation': "Set Duo up with your provider's account",
    'Enable Authanvil': 'AuthAnvil',
    'AuthAnvil SAS URL': 'AuthAnvil',
    'Default Pin': 'AuthAnvil',
    SMTP: 'Email gateway',
    sender: 'Email gateway',
    Twilio: 'Text Message gateway',
    'SMS provider': 'Text Message gateway',
    'dead letters': 'Not delivered',
    'allowed countries': 'How much may be sent',
    'Two Factor Type': 'Users',
    'OpenID Connect': 'Applications',
    'forward-auth': 'Applications',
    nginx: 'Applications',
    'API keys': 'API keys',
    VPN: 'API keys',
    'Reset QR Code': 'Two-Factor Authentication',
    passwordless: 'Passkey is a whole sign-in',
    'phishing-resistant': 'Passkeys only',
  }
  for (const [search, title] of Object.entries(known)) assert.ok(titles(search).includes(title), `${search}: ${titles(search)}`)
})

test('passkeys are found under the names that makers give them, by administrators and by everybody else', () => {
  for (const search of ['passkey', 'security key', 'YubiKey', 'Windows Hello', 'Face ID']) {
    const found = titles(search)
    for (const title of ['Allowed methods', 'Passkeys only', 'Passkey is a whole sign-in', 'Add a passkey'])
      assert.ok(found.includes(title), `${search}: ${found}`)
    assert.deepEqual(titles(search, false).toSorted(), ['Add a passkey', 'How passkeys and security keys work'], search)
  }
})

test('a setting comes first whose title has the words, case and signs do not matter, and half a word is enough', () => {
  assert.equal(titles('REMEMBER')[0], 'Remember devices')
  assert.equal(titles('passc timeo')[0], '2FA Passcode Timeout')
  assert.deepEqual(titles('  '), [])
  assert.deepEqual(titles('carrier pigeon'), [])
})

test('who may not see Company Settings is led to their own settings and to help only', () => {
  assert.ok(titles('2fa', false).length > 0)
  for (const { isForAdministrators } of findSettings('2fa', false)) assert.equal(isForAdministrators, false)
  assert.equal(new Set(settings.map(({ title }) => title)).size, settings.length)
})
