import type { DuoCureName, DuoDoctorLine, DuoFindingName, DuoNormalization } from '#contract/duo-doctor.ts'
import { byteOrderMark, csvLine } from '#domain/spreadsheet.ts'

/** The key doctor of Duo: what the page about it says, and the file that is taken from it. */

const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)
const aliases = (count: number): string => (count === 1 ? '1 missing alias' : `${count.toLocaleString('en')} missing aliases`)

const troubles: Readonly<Record<string, string | undefined>> = {
  secret: 'The secret key is not the one of this integration key. Copy both again from the Duo Admin Panel.',
  application:
    'Duo does not know this integration key, or it belongs to an application of another type. The Admin API keys are those of an application named "Admin API".',
  permission:
    'This application may not do that. In the Duo Admin Panel open the Admin API application and tick "Grant resource - Read", and "Grant resource - Write" to add aliases.',
  clock: 'The clock of this server and that of Duo differ by more than five minutes. Ask the operator of this server to set it right.',
  host: 'There is no such server at Duo. Check the API hostname in the Duo settings.',
  certificate: 'The server at the API hostname could not prove that it is Duo.',
  network: 'No connection to Duo, or it broke off. Check that a firewall lets this server through, and start again.',
  timeout: 'Duo did not answer in time. Start again in a minute.',
  busy: 'Too many questions to Duo are open already, because people are logging in. Start again in a minute.',
  rate: 'Duo asks for fewer questions, also after waiting. Start again in a few minutes.',
  outage: 'Duo says that it is out of order. Start again later.',
  'not-it': 'Something answers at the API hostname, but it is not Duo.',
  request: 'Duo did not understand the question.',
  reply: 'What came back cannot be trusted or understood, so it was refused.',
  unreachable: 'The connection to Countersign broke off. What is shown below was found before. Start again.',
  forbidden: 'You are no longer a Security Admin here, so no more was added.',
  'not-signed-in': 'Your session has ended, so no more was added. Log in and start again.',
  'would-merge': 'Nothing was added, because Duo would take several people for one. First put right what stands in red below.',
  'not-agreed': 'Nothing was added, because the two applications read user names differently. Set both to the same in the Duo Admin Panel.',
}

const findings: Readonly<Record<DuoFindingName, { readonly name: string; readonly what: string }>> = {
  known: { name: 'Known', what: 'Nothing to do.' },
  'alias-missing': { name: 'Alias missing', what: 'Duo has one user with this email. Add the email as an alias: by hand, or here.' },
  'no-room': { name: 'No room', what: 'All places for an alias are taken in Duo. Remove one there, then check again.' },
  ambiguous: { name: 'Ambiguous', what: 'It could be any of these users. Look in Duo who it is, and add the alias there.' },
  unknown: { name: 'Unknown', what: 'Duo has nobody like that. Add the person in Duo, or let them enroll at their next login.' },
  'not-enrolled': {
    name: 'Unknown or not enrolled',
    what: 'Duo does not know this email, or the person has no phone yet. The Admin API keys tell which.',
  },
  unsure: {
    name: 'Not to be told',
    what: 'Duo lets in or refuses this email without asking: a bypass, a disabled user, or how the application treats new users.',
  },
}

const cures: Readonly<Record<DuoCureName, string>> = {
  added: 'Alias added',
  'there-already': 'Was there already',
  'no-room': 'No room: all places for an alias are taken',
  taken: 'Refused: another user of Duo has this name',
  failed: 'Duo did not take it',
  'not-missing': 'No longer missing: check again',
}

const list = new Intl.ListFormat('en')
const elsewhere = (count: number): string =>
  count === 1 ? '1 person of another organization' : `${count.toLocaleString('en')} people of other organizations`

export const duoDoctorWords = {
  title: 'Duo key doctor',
  open: 'Check whom Duo knows',
  openWhat: 'Before you lead people to Duo: finds out who is unknown there, whose alias is missing, and whom it would take for one.',
  back: 'Two-Factor Authentication',
  forbidden: (organization: string) => `Only a Security Admin of ${organization} can use the Duo key doctor.`,
  none: 'Duo is not set up yet',
  noneWhat: 'The key doctor asks Duo with the keys of your Auth API application. Save them in the Duo settings first.',
  toSettings: 'To the Duo settings',
  names: 'How Duo reads user names',
  namesWhat:
    'Countersign sends the email of each person. "Simple" cuts off everything after the @ and before a backslash, so that two people can become one. Both applications must be set alike.',
  authApi: 'Auth API application',
  webSdk: 'Web SDK application',
  webSdkAsk: 'Username normalization of the Web SDK application',
  webSdkWhat:
    'Only a person who logs in could show it, so Countersign cannot ask. Look it up: Duo Admin Panel, Applications, your Web SDK application, Settings, "Username normalization".',
  normalizations: { unknown: 'I have not looked', none: 'None', simple: 'Simple' } satisfies Record<DuoNormalization, string>,
  probed: {
    unknown: 'Not known: it is tried during the check, on the first person whom Duo would ask.',
    none: 'None: Duo takes the whole email.',
    simple: 'Simple: Duo takes only what stands before the @.',
  } satisfies Record<DuoNormalization, string>,
  differ:
    'The two applications read user names differently. Somebody would be one user when a push is sent and another one in the Duo prompt. Set both to the same.',
  onlyTold: 'Both as you told and as Duo answered.',
  check: 'Check',
  checkWhat: (count: number, host: string) =>
    `Asks ${host} about ${people(count)} of this organization. Nobody's phone rings, and nothing is changed.`,
  provider: 'It is the account of the provider. Whom you share it with is counted, and not named.',
  nobody: 'There is nobody to ask about yet. Invite people first.',
  withAdmin: 'Use Admin API keys',
  withAdminWhat:
    'They tell whose alias is missing, and can add it. The keys are used while this page is open and stored nowhere. In the Duo Admin Panel: Applications, Protect an Application, "Admin API", with "Grant resource - Read" and "- Write".',
  key: 'Integration key',
  secret: 'Secret key',
  faults: {
    key: 'The integration key has 20 capital letters and digits.',
    secret: 'The secret key has 40 letters and digits.',
  },
  reveal: 'Show what is typed',
  start: (count: number) => `Check ${people(count)}`,
  startAgain: 'Check again',
  says: 'Check whom Duo knows.',
  stop: 'Stop',
  lastChecked: (who: string, when: string) => `${who} checked last, ${when}.`,
  running: 'Checking',
  reading: (read: number) => `Reading the users of Duo: ${read.toLocaleString('en')} so far.`,
  progress: (done: number, all: number) => `${done.toLocaleString('en')} of ${all.toLocaleString('en')}`,
  result: 'Result',
  allKnown: (count: number) => `Duo knows all ${people(count)}.`,
  someMissing: (known: number, all: number) => `Duo knows ${known.toLocaleString('en')} of ${people(all)}.`,
  stopped: (done: number, all: number) => `Stopped after ${done.toLocaleString('en')} of ${people(all)}. Nothing is said of the others.`,
  ended: 'The check ended early',
  endedAdding: 'Not all aliases were added',
  endedWhat: (done: number, all: number) => `${done.toLocaleString('en')} of ${people(all)} were checked. Nothing is said of the others.`,
  trouble: (reason: string) => troubles[reason] ?? 'Duo could not be asked.',
  said: (text: string) => `Duo says: ${text}`,
  merges: (count: number) =>
    count === 1 ? 'Duo would take several people for one' : `Duo would take several people for one, ${count} times`,
  mergesWhat:
    'Whoever approves for one of them would let in the others. While this is so, no alias is added; and while "Simple" is the reason, the rules cannot allow Duo. Set "Username normalization" to None in both applications, or give these people different names.',
  mergesUnlooked:
    'You have not looked yet how the Web SDK application is set. If it is None there too, and you say so above, those are no merges.',
  because: (because: { readonly bareName: string } | { readonly duoUser: string }) =>
    'bareName' in because
      ? `"Simple" leaves "${because.bareName}" of all these names.`
      : `All these names lead to the user "${because.duoUser}" of Duo.`,
  others: elsewhere,
  refused: {
    title: 'Nothing was saved: Duo would take several people for one',
    what: (merged: readonly string[], others: number, bareName: string) =>
      `"Simple" leaves "${bareName}" of the names of ${list.format([...merged, ...(others > 0 ? [elsewhere(others)] : [])])}. Whoever approves for one of them in Duo would let in the others.`,
    more: (merges: number) => (merges === 1 ? 'There is 1 more such group.' : `There are ${merges.toLocaleString('en')} more such groups.`),
    next: 'Set "Username normalization" to None in both applications, or give these people different names, then check again:',
    doctor: 'Key doctor',
  },
  moreMerges: (count: number) => `And ${count.toLocaleString('en')} more: they stand in the file.`,
  filter: 'Finding',
  all: (count: number) => `All (${count.toLocaleString('en')})`,
  findings,
  counted: (finding: DuoFindingName, count: number) => `${findings[finding].name} (${count.toLocaleString('en')})`,
  columns: { person: 'Name', email: 'Email', finding: 'Finding', inDuo: 'In Duo', next: 'What to do' },
  more: 'Show more',
  shown: (shown: number, all: number) => `${shown.toLocaleString('en')} of ${all.toLocaleString('en')} shown`,
  noMatch: 'Nobody with this finding.',
  download: 'Download as CSV',
  add: (count: number) => `Add ${aliases(count)}`,
  addTitle: (count: number) => `Add ${aliases(count)} in Duo?`,
  addWhat:
    'Each of these users of Duo gets the email as one more alias. Duo is read again first; who has changed in the meantime is left out. You take an alias back in the Duo Admin Panel.',
  addAction: (count: number) => `Add ${aliases(count)}`,
  addSays: 'Add the missing aliases in Duo.',
  adding: 'Adding aliases',
  added: (count: number, all: number) => `${count.toLocaleString('en')} of ${aliases(all)} added.`,
  gets: (user: string, alias: string) => `${user} gets ${alias}`,
  morePeople: (count: number) => `And ${people(count)} more.`,
  cures,
  close: 'Close',
} as const

type PersonLine = Extract<DuoDoctorLine, { line: 'person' }>
type MergeLine = Extract<DuoDoctorLine, { line: 'merge' }>

/** The result as a file for spreadsheets: a line for each person, with what became of their alias if one was added. */
export function duoDoctorCsv(
  persons: readonly PersonLine[],
  merges: readonly MergeLine[],
  cured: ReadonlyMap<string, DuoCureName>,
): string {
  const { columns } = duoDoctorWords
  const merged = new Map(merges.flatMap(({ people, because }) => people.map(({ id }) => [id, duoDoctorWords.because(because)] as const)))
  const lines = persons.map(({ person, finding, users = [] }) => {
    const cure = cured.get(person.id)
    return [person.name, person.email, findings[finding].name, users.join('; '), merged.get(person.id) ?? '', cure ? cures[cure] : '']
  })
  return (
    byteOrderMark +
    [[columns.person, columns.email, columns.finding, columns.inDuo, 'Taken for one', 'Alias'], ...lines].map(csvLine).join('')
  )
}
