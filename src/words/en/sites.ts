import { isolating } from '../bidi.ts'

/** What the Console says about sites: the client organizations of a provider. */
const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)

export const siteWords = isolating({
  title: 'Sites',
  forbidden: (organization: string) => `Only owners and Security Admins of the provider see its sites. You are looking at ${organization}.`,
  create: 'Create site',
  search: 'Search sites',
  searchBy: 'Name or host name',
  clear: 'Clear the search',
  order: 'Order',
  orders: {
    name: 'By name',
    people: 'Most people first',
    secured: 'Least protected first',
    missing: 'Most to set up first',
  },
  shown: (shown: number, total: number) =>
    shown < total
      ? `${shown.toLocaleString('en')} of ${total.toLocaleString('en')} sites`
      : total === 1
        ? '1 site'
        : `${total.toLocaleString('en')} sites`,
  countedAt: (when: string) => `With this many people the figures are counted every ten minutes, last ${when}.`,
  more: 'Show more',
  nobody: 'No sites yet',
  nobodyWhat:
    'A site is a client organization with people, rules and administrators of its own. Create the first one, then invite its Security Admin.',
  noMatch: 'No site matches',
  noMatchWhat: (search: string) => `Nothing here has "${search}" in its name or host name.`,

  site: 'Site',
  people: 'People',
  secured: 'Protected',
  missing: 'Required, not set up',
  weakest: 'Weakest method',
  status: 'Status',
  actions: 'Actions',
  actionsFor: (name: string) => `Actions for ${name}`,
  share: (secured: number, total: number) =>
    total === 0 ? '–' : `${secured.toLocaleString('en')} (${Math.floor((secured * 100) / total)} %)`,
  none: '–',
  active: 'Active',
  off: '2FA off',
  suspended: 'SUSPENDED',

  open: 'Open',
  openWhat: 'Act for it, with the rights of your role',
  edit: 'Rename or change host name',
  invite: 'Invite a Security Admin',
  suspend: 'Suspend',
  reinstate: 'Reinstate',
  remove: 'Remove',
  removeWhat: 'Suspend it first',

  createTitle: 'Create site',
  createWhat:
    'Two-Factor Authentication is off there until its Security Admin, or you, switch it on. The rules of your own organization do not touch it.',
  name: 'Name',
  nameMissing: 'Enter a name.',
  createSays: (name: string) => `Create the site ${name}.`,
  created: (name: string) => `${name} was created. Invite its Security Admin next.`,

  editTitle: (name: string) => `Edit ${name}`,
  host: 'Host name',
  hostWhat:
    'Where its people sign in, such as login.example.org. Its DNS must lead here and your proxy must hold its certificate. Empty: they sign in at the common address.',
  editSays: (name: string) => `Change the name or host name of ${name}.`,

  suspendTitle: (name: string) => `Suspend ${name}?`,
  suspendWhat: (total: number) =>
    `Nobody signs in through it any more, and sessions that rest on it alone end at once: ${people(total)}. Nothing is deleted. Its Security Admins are told by mail, and everybody who tries to sign in is told why.`,
  suspendAction: 'Suspend it',
  suspendedDone: (name: string) => `${name} is suspended`,
  reinstateSays: (name: string) => `Reinstate ${name}.`,
  reinstated: (name: string) => `${name} is open again`,

  removeTitle: (name: string) => `Remove ${name}?`,
  removeAsk: (total: number) =>
    `The memberships of ${people(total)} and all open invitations go, and nobody can bring them back. People stay in other organizations they belong to. The audit stays.`,
  removeName: (name: string) => `Type "${name}" to remove it`,
  removeSays: (name: string) => `Remove the site ${name}.`,
  removeAction: 'Remove it for good',
  removed: (name: string) => `${name} was removed`,

  acting: 'Acting for a site',
  actingFor: (site: string, provider: string) =>
    `You are acting for ${site}, by your role at ${provider}. The audit says so of everything you change.`,
  actingSuspended: (site: string) => `${site} is suspended: nobody signs in through it.`,
  back: (provider: string) => `Back to ${provider}`,
} as const)
