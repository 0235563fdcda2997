import { randomBytes, randomInt } from 'node:crypto'

/** How an application reads user names: as they are, or without what stands before a backslash and after an @. */
export type Normalization = 'none' | 'simple'

export interface Application {
  readonly type: 'websdk' | 'authapi' | 'adminapi'
  readonly name: string
  /** The integration key, or client id: 20 characters. */
  readonly id: string
  /** The secret key, or client secret: 40 characters. */
  readonly secret: string
  normalization: Normalization
  /** What happens to a user who has no phone yet. */
  newUsers: 'enroll' | 'allow' | 'deny'
  /** What an Admin API application may do. */
  readonly rights: { read: boolean; write: boolean }
  /** Whether a push must carry a number from the screen to the phone. */
  verifiedPush: boolean
}

export interface Phone {
  readonly id: string
  number: string
  platform: string
  name: string
  /** Whether Duo Mobile on it was activated. */
  isActivated: boolean
}

export type Status = 'active' | 'bypass' | 'disabled' | 'locked out'
/** What the person does with a push by themselves: at once, or not at all until the phone page is used. */
export type Habit = 'approve' | 'deny' | 'fraud' | 'ignore'

export interface User {
  readonly id: string
  username: string
  aliases: (string | undefined)[]
  email: string
  realname: string
  status: Status
  phones: Phone[]
  /** Passcodes that the phone shows, or that a text message brought. Each is good once. */
  passcodes: string[]
  habit: Habit
  habitAfterSeconds: number
}

export type Outcome = 'approve' | 'deny' | 'fraud' | 'timeout'

/** A push on its way. */
export interface Push {
  readonly txid: string
  readonly user: User
  readonly phone: Phone
  /** What the phone shows: the word before "request", who, from where, and the application's own pairs. */
  readonly shown: { readonly type: string; readonly name: string; readonly application: string; readonly info: string; readonly ip: string }
  /** To be typed on the phone, where a verified push is demanded. */
  readonly code: string | undefined
  result: 'waiting' | 'allow' | 'deny'
  status: string
  message: string
  /** The status that the asker was told last; the next question waits for another one. */
  told: string | undefined
  readonly changed: Set<() => void>
}

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const letters = `${capitals}abcdefghijklmnopqrstuvwxyz`
const drawn = (length: number, from: string) => Array.from({ length }, () => from[randomInt(from.length)]).join('')
export const newId = (prefix: string) => prefix + drawn(18, capitals)
export const newSecret = () => drawn(40, letters)
export const newTxid = () =>
  randomBytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
export const digits = (length: number) => drawn(length, '0123456789')

/** "Simple" normalization: the bare name, in lower case. */
export const simple = (name: string) => (name.toLowerCase().split('\\').at(-1) ?? '').split('@')[0] ?? ''

/** One Duo account with its applications, users and pushes: all that the three APIs and the pages work on. */
export class Account {
  readonly applications: Application[] = []
  readonly users: User[] = []
  readonly pushes: Push[] = []
  readonly activations = new Map<string, { user: User; until: number; isUsed: boolean; phone: Phone | undefined }>()
  readonly now: () => Date
  readonly pushSeconds: number
  /** Whether an alias that somebody else has is refused; that the real service does so nobody could verify. */
  keepsAliasesApart = true
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(now: () => Date, pushSeconds: number) {
    this.now = now
    this.pushSeconds = pushSeconds
  }

  addApplication(type: Application['type'], name: string, more: Partial<Application> = {}): Application {
    const application: Application = {
      type,
      name,
      id: newId('DI'),
      secret: newSecret(),
      normalization: 'none',
      newUsers: 'enroll',
      rights: { read: true, write: true },
      verifiedPush: false,
      ...more,
    }
    this.applications.push(application)
    return application
  }

  /** Somebody whom Duo knows. Unless told otherwise they have a phone with Duo Mobile and answer nothing by themselves. */
  addUser(username: string, more: Partial<Omit<User, 'id' | 'username'>> = {}): User {
    const name = username.toLowerCase()
    const user: User = {
      id: newId('DU'),
      username: name,
      aliases: [],
      email: name.includes('@') ? name : '',
      realname: '',
      status: 'active',
      phones: [this.newPhone()],
      passcodes: [],
      habit: 'ignore',
      habitAfterSeconds: 0,
      ...more,
    }
    this.users.push(user)
    return user
  }

  newPhone(more: Partial<Omit<Phone, 'id'>> = {}): Phone {
    return { id: newId('DP'), number: `+1555010${digits(4)}`, platform: 'Apple iOS', name: '', isActivated: true, ...more }
  }

  /** Whom a name means: an exact name or alias before a normalized one. */
  find(name: string, normalization: Normalization = 'none'): User | undefined {
    const wanted = name.toLowerCase()
    const names = (user: User) => [user.username, ...user.aliases].filter((one) => one !== undefined)
    return (
      this.users.find((user) => names(user).includes(wanted)) ??
      (normalization === 'simple' ? this.users.find((user) => names(user).some((one) => simple(one) === simple(wanted))) : undefined)
    )
  }

  isEnrolled = (user: User) => user.phones.some(({ isActivated }) => isActivated) || user.passcodes.length > 0

  push(user: User, phone: Phone, shown: Push['shown'], code?: string): Push {
    const push: Push = {
      txid: newTxid(),
      user,
      phone,
      shown,
      code,
      result: 'waiting',
      status: 'pushed',
      message: `Pushed a login request to ${phone.name || 'your phone'}...`,
      told: undefined,
      changed: new Set(),
    }
    this.pushes.push(push)
    this.#later(this.pushSeconds, () => this.settle(push, 'timeout'))
    const { habit, habitAfterSeconds } = user
    if (habit !== 'ignore') this.#later(habitAfterSeconds, () => this.settle(push, habit))
    return push
  }

  /** The end of a push; only the first counts. */
  settle(push: Push, outcome: Outcome): boolean {
    if (push.result !== 'waiting') return false
    const [status, message] = {
      approve: ['allow', 'Success. Logging you in...'],
      deny: ['deny', 'Login request denied.'],
      fraud: ['fraud', 'Login request reported as fraudulent.'],
      timeout: ['timeout', 'Login timed out.'],
    }[outcome] as [string, string]
    Object.assign(push, { result: outcome === 'approve' ? 'allow' : 'deny', status, message })
    for (const tell of push.changed) tell()
    return true
  }

  /** Resolves when a push has another status than the asker was told, at once when it has come to its end, or after so many seconds. */
  async change(push: Push, seconds: number): Promise<void> {
    if (push.told !== push.status || push.result !== 'waiting') return
    const { promise, resolve } = Promise.withResolvers<void>()
    push.changed.add(resolve)
    this.#later(seconds, resolve)
    await promise
    push.changed.delete(resolve)
  }

  /** A passcode as Duo Mobile shows it. */
  newPasscode(user: User): void {
    user.passcodes.push(digits(6))
  }

  /** Takes a passcode of somebody; each is good once. */
  spend(user: User, passcode: string): boolean {
    const place = user.passcodes.indexOf(passcode)
    if (place >= 0) user.passcodes.splice(place, 1)
    return place >= 0
  }

  /** A code that activates Duo Mobile for somebody, as the QR code carries it. */
  newActivation(user: User, validSeconds: number, phone?: Phone): string {
    const code = `duo://${drawn(20, letters)}-${Buffer.from('api-simulated').toString('base64url')}`
    this.activations.set(code, { user, until: this.now().getTime() + validSeconds * 1000, isUsed: false, phone })
    return code
  }

  /** What scanning the QR code with Duo Mobile does. */
  activate(code: string, phone: Partial<Omit<Phone, 'id'>> = {}): boolean {
    const activation = this.activations.get(code)
    if (!activation || activation.isUsed || activation.until < this.now().getTime()) return false
    activation.isUsed = true
    if (activation.phone) activation.phone.isActivated = true
    else activation.user.phones.push(this.newPhone(phone))
    return true
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const push of this.pushes) for (const tell of push.changed) tell()
  }

  #later(seconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, seconds * 1000)
    this.#timers.add(timer)
  }
}
