import { isolating } from '../bidi.ts'

/** What is said of applications behind a reverse proxy. */
export const forwardAuthWords = isolating({
  kind: 'Forward-auth',
  kindWhat: 'For portals that cannot sign anybody in by themselves: nginx, Caddy, HAProxy or Traefik asks Countersign about every request.',
  origins: 'Addresses of the portal',
  originsWhat:
    'Scheme, host and port, one in each line, such as https://portal.example.com. People are taken back to these and to nothing else.',
  people: 'Whose people are let in',
  peopleChoices: {
    own: 'Those of this organization',
    all: 'Those of this organization and of all sites',
    chosen: 'Those of chosen organizations',
  },
  organizations: 'Organizations',
  organizationsWhat: 'Type to find a site.',
  noSite: 'No site has this name.',
  whole: 'The whole portal',
  part: (path: string) => `Everything that begins with ${path}`,
  newPart: 'A part of the portal',
  path: 'Path begins with',
  pathWhat: 'For example /admin. It must meet what is asked of the whole portal, and this as well.',
  roles: 'Roles that are let in',
  strength: 'How surely they must have signed in',
  strengths: {
    any: 'As the rules of their organization ask',
    'second-factor': 'With a second step',
    fresh: 'With a second step given a short time ago',
    'phishing-resistant': 'With a passkey or security key',
  },
  freshMinutes: 'At most so many minutes ago',
  addPart: 'Add a stricter part',
  removePart: (path: string) => `Remove the part ${path}`,
  remove: 'Remove',
  previewTitle: 'Who is let in',
  preview: (letIn: number, path: string) =>
    path === '/'
      ? letIn === 1
        ? '1 person is let in.'
        : `${letIn.toLocaleString('en-US')} people are let in.`
      : `${path}: ${letIn.toLocaleString('en-US')} of them.`,
  unsecured: (count: number, asks: 'second-factor' | 'phishing-resistant') => {
    const missing = asks === 'phishing-resistant' ? 'no passkey or security key' : 'no authenticator that counts'
    const who = count === 1 ? '1 of them has' : `${count.toLocaleString('en-US')} of them have`
    return `${who} ${missing} yet: asked to set one up where their rules allow it, and not let in where they do not.`
  },
  check: 'Address that the proxy asks',
  checkNginx: 'Address that nginx asks',
  signOut: 'Address to log out',
  signOutWhat: 'Let "Log out" in the portal lead here.',
  tryIt: 'Try it',
  tryWhat: 'Once the proxy is set up: shows which of its headers arrive, and what is missing.',
  faults: {
    origins: 'Type at least one address: https, or http on localhost; nothing behind the host and port, no wildcard.',
    organizations: 'Choose at least one organization.',
    rules: 'A path begins with / and is named once; without .., // or %2F.',
    roles: 'Choose at least one role.',
  },
} as const)
