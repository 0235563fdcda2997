/**
 * Loaded into the server of the demo before anything else: its clock is told where it is, so that the demo begins with a history of
 * some days and catches up with the present. Whoever started the server moves it; it only ever goes forward.
 */
const real = Date
let offset = Number(process.env.DEMO_CLOCK_OFFSET ?? 0)
const now = () => real.now() + offset

globalThis.Date = new Proxy(real, {
  construct: (target, parts, newTarget) => Reflect.construct(target, parts.length === 0 ? [now()] : parts, newTarget),
  apply: () => new real(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})

process.on('message', (message: { readonly offset: number }) => {
  offset = Math.max(offset, message.offset)
  process.send?.({ offset })
})
// The server ends when it is told to, and not only when this line to its parent is closed.
process.channel?.unref()
