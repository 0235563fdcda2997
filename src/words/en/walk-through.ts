import { isolating } from '../bidi.ts'

/** What stands beside each picture of the walk-through in the help, in their order. */
export const walkThroughWords = isolating({
  title: 'The whole, step by step',
  what: 'From the switch in Company Settings to the first code. It plays by itself, unless your system asks for less motion.',
  scenes: [
    'An administrator opens Company Settings and decides who must use it.',
    'At the next sign-in you type your email and your password, as ever.',
    'Then a page shows a QR code. Scan it with an authenticator app.',
    'Type the six digits that the app shows, and press "Verify".',
    'Keep the backup codes: each gets you in once without the phone.',
    'Set-up is complete.',
    'User Settings say SECURED from now on.',
    'From then on you are asked for a code after the password. On a device of your own you may have it remembered.',
  ],
  place: (scene: number, all: number) => `${scene} of ${all}`,
  play: 'Play',
  pause: 'Pause',
  before: 'Step before',
  next: 'Next step',
} as const)
