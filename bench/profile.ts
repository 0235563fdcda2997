/** Where a server's main thread spends its time: `node bench/profile.ts <file.cpuprofile>` reads what `--cpu-prof` wrote. */
import { readFileSync } from 'node:fs'

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

interface CpuProfile {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** `fastify`, `src/store`, `node:crypto`: the package, the room or the part of Node that a frame belongs to. */
function placeOf(url: string): string {
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)
  if (inPackage?.[1]) return inPackage[1]
  const inRoom = /\/((?:src|bench)(?:\/[^/]+)?)\//.exec(url)
  if (inRoom?.[1]) return inRoom[1]
  return url.startsWith('node:') ? (url.split('/')[0] ?? url) : '(engine)'
}

/** Time by place and by function, each as a share of the time the thread was not idle. */
export function summarize(profile: CpuProfile): string {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)))
  const byPlace = new Map<string, number>()
  const byFunction = new Map<string, number>()
  const byFunctionWithCallees = new Map<string, number>()
  let busy = 0
  const add = (map: Map<string, number>, key: string, time: number) => map.set(key, (map.get(key) ?? 0) + time)
  const nameOf = ({ callFrame }: Node) => `${callFrame.functionName || '(anonymous)'} ${placeOf(callFrame.url)}:${callFrame.lineNumber + 1}`
  profile.samples.forEach((id, index) => {
    const node = nodes.get(id)
    const time = profile.timeDeltas[index] ?? 0
    if (!node || node.callFrame.functionName === '(idle)') return
    busy += time
    const isEngine = node.callFrame.url === ''
    add(byPlace, isEngine ? node.callFrame.functionName : placeOf(node.callFrame.url), time)
    add(byFunction, nameOf(node), time)
    const stack = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.add(nameOf(nodes.get(at) as Node))
    for (const name of stack) if (name.includes(' src')) add(byFunctionWithCallees, name, time)
  })
  const top = (title: string, map: Map<string, number>, count: number) => [
    title,
    ...[...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([name, time]) => `  ${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`),
  ]
  return [
    `busy ${(busy / 1e6).toFixed(1)} s`,
    ...top('by place, own time', byPlace, 20),
    ...top('by function, own time', byFunction, 25),
    ...top('by function of ours, with what it calls', byFunctionWithCallees, 45),
  ].join('\n')
}

if (import.meta.main) console.log(summarize(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))))
