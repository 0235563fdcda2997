/** The Console's sentences about the people of an organization: finding them, acting on one or on many, importing them. */

import type { Badge } from '#contract/account.ts'
import type { BulkAction, LineProblem, Status } from '#contract/people.ts'
import { isolating } from '../bidi.ts'

const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)

export const peopleWords = isolating({
  filters: {
    status: 'Status',
    anyStatus: 'Any status',
    statuses: { active: 'Active', invited: 'Invited', suspended: 'Suspended' } satisfies Record<Status, string>,
    badge: 'Protection',
    anyBadge: 'Any protection',
    badges: {
      secured: 'Secured',
      required: 'Required, not set up',
      'not-set-up': 'Not set up',
      'not-available': 'Not available',
    } satisfies Record<Badge, string>,
    role: 'Role',
    anyRole: 'Any role',
    noMatch: 'No name, address, status, protection, method and role fit together like this.',
    clear: 'Clear the filters',
  },
  edit: (name: string) => `Edit ${name}`,

  suspend: 'Suspend',
  suspendTitle: (name: string) => `Suspend ${name}?`,
  suspendWhat: (name: string, organization: string) =>
    `${name} loses access to ${organization} at once. If they belong nowhere else, every session ends and they cannot sign in until you reinstate them. What they have set up is kept, and they are told by mail.`,
  suspended: (name: string) => `${name} is suspended`,
  reinstate: 'Reinstate',
  reinstateSays: (name: string) => `Give ${name} access again.`,
  reinstated: (name: string) => `${name} has access again`,
  unlock: 'Unlock',
  unlockSays: (name: string) =>
    `Forget the wrong passwords and codes of ${name}, so that they can sign in at once, on their own devices too.`,
  unlocked: (name: string) => `Nothing holds ${name} back from signing in any more`,
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeWhat: (name: string, organization: string) =>
    `${name} no longer belongs to ${organization}, and this cannot be undone: to come back they need a new invitation. If they belong nowhere else, every session ends and they cannot sign in. The audit is kept, and they are told by mail.`,
  removeInvitedWhat: (name: string) => `The invitation of ${name} stops working at once. You can invite them again later.`,
  removed: (name: string) => `${name} is removed`,
  shared: 'Also belongs to an organization you do not administer',

  form: {
    name: 'Name',
    nameMissing: 'Enter a name.',
    nameShared: 'This person also belongs to an organization you do not administer, so the name is theirs to change.',
  },

  bulk: {
    choose: (name: string) => `Choose ${name}`,
    chooseShown: 'Choose all that are shown',
    chosen: (count: number) => `${people(count)} chosen`,
    chooseAll: (total: number) => `Choose all ${total.toLocaleString('en')} that match`,
    none: 'Choose nobody',
    actions: 'Actions for the chosen',
    labels: {
      enable: 'Enable Two-Factor Authentication',
      disable: 'Disable Two-Factor Authentication',
      'invite-again': 'Send invitation again',
      suspend: 'Suspend',
    } satisfies Record<BulkAction['action'], string>,
    titles: {
      enable: (count: number) => `Require Two-Factor Authentication of ${people(count)}?`,
      disable: (count: number) => `Disable Two-Factor Authentication for ${people(count)}?`,
      'invite-again': (count: number) => `Send the invitation to ${people(count)} again?`,
      suspend: (count: number) => `Suspend ${people(count)}?`,
    } satisfies Record<BulkAction['action'], (count: number) => string>,
    whats: {
      enable:
        'They cannot switch it off, and whoever has no authenticator is made to set one up at the next sign-in. Each is told by mail.',
      disable:
        'It is no longer required of them, their apps and backup codes stop working at once, and every session ends. From then on their passwords alone open their accounts. Each is told by mail.',
      'invite-again': 'Whoever has not accepted yet gets a new mail; the link in the earlier one stops working.',
      suspend:
        'They lose access at once. Whoever belongs nowhere else is signed out and cannot sign in until you reinstate them. Each is told by mail.',
    } satisfies Record<BulkAction['action'], string>,
    buttons: {
      enable: (count: number) => `Require it of ${people(count)}`,
      disable: (count: number) => `Disable it for ${people(count)}`,
      'invite-again': (count: number) => `Send to ${people(count)}`,
      suspend: (count: number) => `Suspend ${people(count)}`,
    } satisfies Record<BulkAction['action'], (count: number) => string>,
    each: 'The same rules hold as for one person; whoever they forbid it for is left as they are, and listed at the end.',
    progress: (done: number, total: number) => `${done.toLocaleString('en')} of ${people(total)}`,
    stop: 'Stop',
    goOn: 'Go on',
    stopped: (done: number, total: number) =>
      `Stopped after ${done.toLocaleString('en')} of ${people(total)}. What was done stays done; nothing else was changed.`,
    resumed: (done: number, total: number) => `You were about to go on after ${done.toLocaleString('en')} of ${people(total)}.`,
    proof: 'Your last proof is older than five minutes. Confirm that it is you; then go on here.',
    finished: (done: number, refused: number) =>
      refused === 0 ? `Done for ${people(done)}.` : `Done for ${people(done)}, refused for ${people(refused)}:`,
    refused: (name: string, reason: string) => `${name}: ${reason}`,
    more: (count: number) => `and ${people(count)} more`,
    progressLabel: 'Progress',
  },

  import: {
    title: 'Import users',
    open: 'Import',
    what: 'Invite many people out of a file. First you see what would happen to each line; nothing is changed before you confirm.',
    format:
      'CSV, UTF-8, at most 5,000 people and 1 MB. The first line names the columns: name, email and, if you like, role (user, admin, security-admin). Commas, semicolons and tabs are understood.',
    file: 'Choose a file',
    paste: 'Or paste the lines here',
    example: 'name,email,role\nAda Okafor,ada@example.org,user',
    check: 'Check',
    read: (name: string) => `Read from ${name}`,
    notText: 'This file is not UTF-8 text. Save it as "CSV UTF-8" and choose it again.',
    tooLarge: 'This file is larger than 1 MB. Split it and import the parts.',
    reasons: {
      empty: 'There is nobody in it: below the line with the names of the columns, each line is a person.',
      columns: 'The first line must name the columns: name, email and, if you like, role.',
      quotes: 'A quote is opened and never closed, or text follows a closed one.',
      'not-text': 'It is not UTF-8 text. Save it as "CSV UTF-8" and try again.',
      'too-many-lines': 'There are more than 5,000 people in it. Split it and import the parts.',
      'too-large': 'It is larger than 1 MB. Split it and import the parts.',
    } as Readonly<Record<string, string | undefined>>,
    atLine: (line: number) => `Line ${line.toLocaleString('en')}`,
    result: 'What would happen',
    counts: (invited: number, wrong: number) =>
      `${people(invited)} would be invited${wrong === 0 ? '.' : `, ${wrong.toLocaleString('en')} ${wrong === 1 ? 'line' : 'lines'} would be left out.`}`,
    line: 'Line',
    outcome: 'Result',
    invites: 'Is invited',
    problems: {
      'invalid-email': 'Not an address that mail can be sent to',
      'name-missing': 'The name is missing',
      'invalid-name': 'A name is one line of at most 120 characters that begins with none of = + - @',
      'unknown-role': 'No such role: user, admin, security-admin or owner',
      'role-above-yours': 'A role that is not yours to give',
      twice: 'Twice in the file; the first one counts',
      'already-member': 'A member already',
      'invited-often': 'Invited too often today: wait, then import the line again',
    } satisfies Record<LineProblem, string>,
    moreLines: (count: number) => `${count.toLocaleString('en')} more lines are not shown.`,
    action: (count: number) => `Invite ${people(count)}`,
    says: (count: number) => `Invite ${people(count)} out of a file.`,
    done: (count: number) => `${people(count)} invited. The mails are on their way.`,
    nobody: 'No line can be used as it is. Correct the file and check it again.',
    forbidden: (organization: string) => `Your role in ${organization} does not include importing. Ask an Admin or a Security Admin there.`,
  },
} as const)
