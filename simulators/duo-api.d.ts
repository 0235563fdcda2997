/** The part of the vendor's library that the contract test uses; it brings no types of its own. */
declare module '@duosecurity/duo_api' {
  interface Said {
    readonly stat: string
    readonly code?: number
    readonly response: Readonly<Record<string, string>>
    readonly metadata?: Readonly<Record<string, number>>
  }
  class Client {
    constructor(key: string, secret: string, host: string, version?: 2 | 5)
    jsonApiCall(method: string, path: string, parameters: Readonly<Record<string, string>>, done: (reply: Said) => void): void
  }
}
