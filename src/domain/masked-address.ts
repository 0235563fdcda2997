/** An address as it is shown where it must not be read whole: the end of a number, the first letter of a mailbox. */
export function maskedAddress(to: string): string {
  const at = to.lastIndexOf('@')
  return at < 0 ? `•••• ${to.slice(-4)}` : `${[...to][0] ?? ''}•••${to.slice(at)}`
}
