/** An address for eyes that need not know all of it: the end of a number, the first letter of a mailbox and where it is. */
export function masked(to: string): string {
  const at = to.lastIndexOf('@')
  return at < 0 ? `•••• ${to.slice(-4)}` : `${[...to][0] ?? ''}•••${to.slice(at)}`
}
