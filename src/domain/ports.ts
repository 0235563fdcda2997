/** The only source of time. Tests pass a clock they can turn. */
export type Clock = () => Date

/** The only source of randomness: so many bytes from the system's generator. */
export type Random = (bytes: number) => Uint8Array
