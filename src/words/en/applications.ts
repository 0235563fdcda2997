import { isolating } from '../bidi.ts'
import { forwardAuthWords } from './applications-forward-auth.ts'
import { oidcWords } from './applications-oidc.ts'
import { secondFactorConsole } from './second-factor.ts'

/** What the Console says about applications: whatever signs its people in through Countersign. */
export const applicationWords = isolating({
  title: 'Applications',
  lead: 'Portals and other services whose people sign in here, with the second step that your rules ask for.',
  which: 'Which one fits?',
  forbidden: (organization: string) => `Only a Security Admin of ${organization} can set up applications.`,
  create: 'Add application',
  add: 'Add',
  none: 'No applications yet',
  noneWhat: 'Add the first one: you name it, say where it lives, and are given what to type into it.',

  name: 'Name',
  nameWhat: 'As your people and the audit see it.',
  nameMissing: 'Give it a name.',
  kind: 'How it signs people in',
  kinds: { oidc: oidcWords.kind, 'forward-auth': forwardAuthWords.kind, 'second-factor': secondFactorConsole.kind } as Readonly<
    Record<string, string | undefined>
  >,
  kindWhat: {
    oidc: oidcWords.kindWhat,
    'forward-auth': forwardAuthWords.kindWhat,
    'second-factor': secondFactorConsole.kindWhat,
  } as Readonly<Record<string, string | undefined>>,
  status: 'Status',
  on: 'On',
  off: 'OFF',
  lastUsed: 'Last used',
  never: 'Never',

  createTitle: 'Add application',
  createSays: (name: string) => `Add the application ${name}.`,
  created: (name: string) => `${name} is added.`,
  secretTitle: 'The secret of this application',
  secretWhat: 'Copy it into the settings of the application now. It is shown this once, and nobody can look it up later.',
  secretClose: 'I have copied it',

  gone: 'There is no such application',
  goneWhat: 'It was removed, or it belongs to another organization.',
  access: 'What the application needs',
  accessWhat: 'Type these into the settings of the application.',
  clientId: 'Client ID',
  secret: 'Client secret',
  secretKept: 'Shown once when it was made. Renew it if it is lost, or if somebody may have read it.',
  renew: 'Renew secret',
  renewTitle: (name: string) => `Renew the secret of ${name}?`,
  renewAsk:
    'The present secret is dead at once. Until the new one is typed into the application, nobody can sign in to it; who is signed in stays so.',
  renewSays: (name: string) => `Renew the secret of ${name}.`,
  renewed: 'The secret is renewed.',

  settings: 'Settings',
  save: 'Save',
  saveSays: (name: string) => `Change the application ${name}.`,
  saved: 'The application is saved.',
  faults: {
    name: 'Give it a name.',
    ...secondFactorConsole.faults,
    ...oidcWords.faults,
    ...forwardAuthWords.faults,
  } as Readonly<Record<string, string | undefined>>,
  wrongValue: (value: string) => `This one is wrong: ${value}`,
  changedBy: (who: string, when: string) => `${who} changed this last, ${when}.`,
  overtaken: (by: string | undefined) =>
    `${by ?? 'Somebody else'} has just changed this. What is stored now is shown when you load the page again.`,

  end: 'Switch off or remove',
  endWhat: 'Switched off, nobody gets into it with Countersign; all settings stay. Removed, it is gone for good.',
  switchOff: 'Switch off',
  switchOffTitle: (name: string) => `Switch ${name} off?`,
  switchOffAsk: 'Nobody can sign in to it until you switch it on again, and its open sign-ins end. Its settings and its secret stay.',
  switchOffSays: (name: string) => `Switch the application ${name} off.`,
  switchedOff: (name: string) => `${name} is off.`,
  switchOn: 'Switch on',
  switchOnSays: (name: string) => `Switch the application ${name} on.`,
  switchedOn: (name: string) => `${name} is on.`,
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeAsk:
    'Nobody can sign in to it any more, and its client ID and secret are dead for good. To bring it back you would add it anew and type a new client ID and secret into it.',
  removeSays: (name: string) => `Remove the application ${name}.`,
  removed: (name: string) => `${name} is removed.`,

  copy: 'Copy',
  copied: 'Copied',
  copyOf: (what: string) => `Copy: ${what}`,
})
