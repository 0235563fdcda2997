import { isolating } from '../bidi.ts'
/** What Company Settings says about the look of an organization. */
export const lookWords = isolating({
  title: 'APPEARANCE',
  what: 'How the pages of the sign-in and the mails look to the people of this organization. Its name is changed by the provider.',
  logo: 'Logo',
  logoWhat: 'A PNG, JPEG or WebP image of at most 64 KB. It is shown 40 pixels high.',
  logoNow: 'The present logo',
  logoAway: 'Take the logo away',
  logoTooLarge: 'This image is larger than 64 KB. Save it smaller and choose it again.',
  logoWrong: 'This is not a PNG, JPEG or WebP image. Choose another file.',
  accentOwn: 'An accent color of our own',
  accent: 'Accent color',
  shown: (scheme: 'light' | 'dark', color: string) => `${scheme === 'light' ? 'On light pages' : 'On dark pages'}: ${color}`,
  adjusted: (color: string) => `${color} was darkened or lightened where text on it would be hard to read (contrast below 4.5:1).`,
  contact: 'Support contact',
  contactWhat: 'Whom people ask for help: a mail address, a web address or a phone number. It stands below the sign-in and in mails.',
  fields: { logo: 'the logo', accent: 'the accent color', supportContact: 'the support contact' } as Readonly<Record<string, string>>,
  movedOn: (by: readonly string[], fields: readonly string[]) =>
    `${by.length > 0 ? by.join(', ') : 'Somebody'} changed ${fields.length > 0 ? fields.join(' and ') : 'this'} in the meantime. What you had changed is still here, the rest is as it is stored now.`,
  movedOnTitle: 'Not saved yet',
  says: 'Update logo, accent color and support contact.',
} as const)
