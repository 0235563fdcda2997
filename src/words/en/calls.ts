import { asName } from '../markup.ts'

/** What a call says before anybody has pressed a key. Nothing in it is secret: an answering machine may keep it. */
export const calls = {
  prompt: (organization: string | undefined) =>
    `This is ${organization === undefined ? 'your login' : `the login of ${asName(organization)}`}, with a code for you. Press any key to hear it.`,
  /** Instead of a code that has run out or was spoken already. */
  over: 'This code can no longer be used. Ask for a new one on the page where you log in.',
}
