import { isolating } from '../bidi.ts'

/** The one-time pass as administrators see it. */
export const passWords = isolating({
  entry: 'Issue one-time pass',
  section: 'Help with signing in',
  sectionWhat: (name: string) =>
    `If ${name} has lost the phone and the backup codes, send a one-time pass: it lets them in once, to set up a new authenticator.`,
  self: 'Nobody issues a pass to themselves. Ask another administrator.',
  title: (name: string) => `Issue one-time pass for ${name}?`,
  what: (email: string) =>
    `We mail a pass to ${email}; you do not see it. It works once, beside their password. When it is used, the authenticators they have now are removed and they set up a new one.`,
  sure: 'First make sure that it is them: call a number you already know, or see them in person. A mail proves nothing, and whoever has their password could have asked.',
  reason: 'Reason',
  reasonWhat: 'Why, and how you knew that it is them. It is kept in the audit, and mailed to them.',
  reasonMissing: 'Say why: it is kept in the audit.',
  lifetime: 'Good for',
  lifetimes: [
    { value: '15', label: '15 minutes' },
    { value: '30', label: '30 minutes' },
    { value: '60', label: '1 hour' },
    { value: '240', label: '4 hours' },
    { value: '1440', label: '24 hours' },
  ],
  action: 'Send the pass',
  says: (name: string) => `Issue a one-time pass for ${name}.`,
  done: (name: string) => `The one-time pass is on its way to ${name}.`,
  spoken: {
    title: 'Give the last group by voice',
    what: 'The mail holds only the first three groups of the pass. Tell this one by phone or in person, never by mail or chat. You see it only now.',
    close: 'I have told it',
  },
} as const)
