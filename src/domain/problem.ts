/**
 * Every way a request can fail, one line each: the code programs key on, the HTTP status, and the sentence people read.
 * `docs/errors.md` is compared with this list in both directions by a test.
 */
export const problems = {
  malformed: { status: 400, title: 'The request is not shaped as this address expects.' },
  'not-signed-in': { status: 401, title: 'Sign in first.' },
  'sign-in-gone': { status: 401, title: 'This sign-in has ended or expired. Start again.' },
  'wrong-password': { status: 422, title: 'The email or the password is not right.' },
  'code-not-accepted': { status: 422, title: 'That code was not accepted.' },
  'step-not-open': { status: 409, title: 'This is not what the sign-in is waiting for.' },
  'moved-on': { status: 409, title: 'This was changed elsewhere in the meantime. Load it again.' },
  'too-many-attempts': { status: 429, title: 'Too many attempts. Wait before trying again.' },
  'password-change-required': {
    status: 429,
    title: 'Too many wrong answers since the password was last changed. Change it with "Forgot password?" to go on.',
  },
  busy: { status: 503, title: 'Too many people are signing in at this moment. Try again in a few seconds.' },
  'forged-request': { status: 403, title: 'The request did not come from this site, or its proof is missing or old. Load the page again.' },
  'proof-required': { status: 403, title: 'Confirm that it is you first: your last proof is older than five minutes.' },
  'second-step-required': {
    status: 403,
    title: 'Confirm with your second step first: this session was opened on a remembered device, with the password alone.',
  },
  forbidden: { status: 403, title: 'Your role does not allow this.' },
  'not-found': { status: 404, title: 'There is nothing here, or it is not yours to see.' },
  'link-gone': { status: 410, title: 'This link was already used or has expired.' },
  'email-taken': { status: 409, title: 'Somebody with this email is already a member of this organization.' },
  'password-too-weak': { status: 422, title: 'This password cannot be used.' },
  'invalid-email': { status: 422, title: 'This is not an email address that mail can be sent to.' },
  'email-unchanged': { status: 409, title: 'This is your email already.' },
  'email-in-use': { status: 409, title: 'Another account has taken this email in the meantime.' },
  'invalid-phone': { status: 422, title: 'This is not a phone number that can be called or sent a text message.' },
  'two-factor-not-available': { status: 409, title: 'Two-Factor Authentication is switched off for this organization.' },
  'two-factor-required': { status: 409, title: 'Two-Factor Authentication is required, so it cannot be switched off.' },
  'method-not-available': { status: 409, title: 'Nothing is set up here for this method. Set up what it needs first.' },
  'weaker-methods': { status: 409, title: 'This allows methods that are weaker than an app. Accept that first.' },
  'opt-in-mode': {
    status: 409,
    title: 'This organization leaves the choice to each person. Set the mode to "Chosen users" to require it from some.',
  },
  'last-authenticator': { status: 409, title: 'This is the only authenticator. Set up another one first, or disable 2FA.' },
  'too-many-authenticators': { status: 409, title: 'As many authenticators are set up as one person can have. Remove one first.' },
  'not-enrolled': { status: 409, title: 'No authenticator is set up.' },
  'not-joined': { status: 409, title: 'This person has not accepted the invitation yet. Remove them to take it back.' },
  'unreadable-import': { status: 422, title: 'This file cannot be imported.' },
  yourself: { status: 409, title: 'Nobody does this to themselves. Ask another administrator.' },
  'already-active': { status: 409, title: 'This person has accepted the invitation already.' },
  'last-security-admin': { status: 409, title: 'This is the last Security Admin here. Name another one first.' },
  'shared-user': {
    status: 403,
    title: 'This person also belongs to an organization you do not administer. Somebody who administers all of them must do this.',
  },
  'site-suspended': { status: 403, title: 'Your organization is suspended, so nobody signs in through it.' },
  'not-suspended': { status: 409, title: 'This site is still open. Suspend it first.' },
  'name-mismatch': { status: 422, title: 'This is not its name.' },
  'invalid-host': { status: 422, title: 'This is not a host name.' },
  'host-taken': { status: 409, title: 'This host name belongs to another organization or to this installation.' },
  'invalid-logo': { status: 422, title: 'This is not a logo that can be shown.' },
  'reset-under-way': { status: 409, title: 'A reset of this organization is under way already. Look at that one first.' },
  'second-admin-missing': {
    status: 409,
    title: 'This takes two Security Admins, and there is only one. Invite another one first.',
  },
  'not-an-approver': {
    status: 409,
    title: 'This must be approved by a Security Admin who was asked when it was proposed, and not by whoever proposed it.',
  },
  'nobody-to-reset': { status: 409, title: 'There is nobody here whose authenticators you could reset.' },
  'payload-too-large': { status: 413, title: 'The request is larger than anything this address expects.' },
  'unsupported-media-type': { status: 415, title: 'Send JSON here.' },
  'sending-limit': { status: 429, title: 'Nothing more is sent for now, to keep others from running up a bill or filling a mailbox.' },
  'invalid-gateway': { status: 422, title: 'These settings cannot be used to send messages.' },
  'gateway-by-provider': { status: 403, title: 'Messages of this site go through the provider, who has not opened own gateways to sites.' },
  'no-gateway': { status: 409, title: 'Nothing is set up that this could be sent through.' },
  'no-phone': { status: 409, title: 'Your profile has no phone number that a test could go to.' },
  'message-expired': { status: 409, title: 'What this message carries has expired, so it is not sent again.' },
  'invalid-authanvil': { status: 422, title: 'These settings of AuthAnvil cannot be used.' },
  'authanvil-check-failed': { status: 422, title: 'AuthAnvil did not answer as it should, so nothing was stored.' },
  'duo-doctor-running': {
    status: 409,
    title: 'The key doctor is at work here already. Wait until it is done, or stop it where it was started.',
  },
  'duo-would-merge': {
    status: 409,
    title: 'Duo would take several people for one, so that whoever approves for one of them would let in the others. See the key doctor.',
  },
  'authanvil-unavailable': { status: 424, title: 'AuthAnvil did not answer, so nobody could say whether the passcode is right.' },
  'invalid-duo': { status: 422, title: 'These settings of Duo cannot be used.' },
  'duo-check-failed': { status: 422, title: 'Duo did not take these keys, so nothing was stored.' },
  'duo-not-offered': {
    status: 409,
    title: 'The provider does not let its sites use its account at Duo. Use your own, or ask the provider.',
  },
  'duo-account-in-use': {
    status: 409,
    title: 'People are bound to this account at Duo, and you may not take it from them like this. Reset Organization 2FA first.',
  },
  'duo-unavailable': { status: 424, title: 'Duo did not answer, so nobody could be asked there.' },
  'duo-refused': { status: 422, title: 'Duo did not let this person in.' },
  'duo-start-again': { status: 409, title: 'What came back from Duo belongs to no open question of this sign-in. Start again.' },
  'duo-push-limit': { status: 429, title: 'No more pushes are sent to this person for now.' },
  'method-in-use': { status: 409, title: 'The rules still allow this method. Take it out of them first.' },
  'passkey-not-accepted': { status: 422, title: 'That passkey or security key was not accepted.' },
  'passkey-required': {
    status: 409,
    title: 'The rules leave nothing weaker than a passkey or security key here, so this is not possible.',
  },
  'passkeys-left-out': {
    status: 422,
    title:
      'These rules leave people nothing but passkeys, and passkeys are not among the allowed methods. Allow them, or take "Passkeys only" back.',
  },
  'passkey-not-available': { status: 409, title: 'The rules let this person set up no passkey or security key.' },
  'passkey-first': {
    status: 409,
    title: 'Sign in with a passkey or security key of your own first: after this change nothing else would let you in.',
  },
  'invalid-application': { status: 422, title: 'An application cannot be set up like this.' },
  'second-factor-refused': { status: 400, title: 'This request for a second step is not one that we answer.' },
  'invalid-api-key': { status: 401, title: 'There is no such API key, or it has expired or was revoked.' },
  'scope-missing': { status: 403, title: 'This API key may not be used for that.' },
  'too-many-api-keys': { status: 409, title: 'As many API keys exist as one organization can have. Revoke one first.' },
  'too-many-applications': { status: 409, title: 'As many applications are set up as one organization can have. Remove one first.' },
  internal: { status: 500, title: 'Something failed on our side. It was logged; try again.' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type ProblemCode = keyof typeof problems

/** What a problem may carry besides its code: plain values a program or a page can use, never a secret. */
export type ProblemDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** The one exception of the house. Anything else that is thrown becomes `internal` and is logged with its cause. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly details: ProblemDetails

  constructor(code: ProblemCode, details: ProblemDetails = {}, options: { readonly cause?: unknown } = {}) {
    super(problems[code].title, options)
    this.name = 'Problem'
    this.code = code
    this.details = details
  }
}
