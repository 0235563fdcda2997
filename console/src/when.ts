const precise = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'long' })

/** A moment to the second, with the zone it is told in. */
export const exactly = (iso: string): string => exact.format(new Date(iso))

/** A moment as people say it: by distance within the last week, else by date. */
export function when(iso: string): string {
  const secondsAgo = (Date.now() - Date.parse(iso)) / 1000
  if (secondsAgo > 7 * 86_400) return precise.format(new Date(iso))
  for (const [unit, seconds] of steps) {
    if (secondsAgo >= seconds) return relative.format(-Math.floor(secondsAgo / seconds), unit)
  }
  return relative.format(0, 'second')
}
