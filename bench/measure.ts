/**
 * One window on one server: the load, and what it cost beside time.
 *
 * CPU comes from /proc, in ticks of 10 ms. Write transactions and WAL come from PostgreSQL's own counters and are exact: a
 * transaction takes a number only when it writes, and the WAL's insert position does not lag behind. Statements are counted
 * in windows of their own, because logging each of them takes time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Cluster } from './cluster.ts'
import type { Operation, Outcome, Ticket, Window } from './load.ts'

/** Puts half-way sign-ins and sessions straight into a server's database, so that a window need not pay for hashing first. */
export interface Preparations {
  signIns(people: readonly number[]): Promise<Ticket[]>
  sessions(people: readonly number[]): Promise<Ticket[]>
}

/** A server under load, and the people who may still sign in to it. */
export interface Subject {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly databaseName: string
  readonly preparations: Preparations
  readonly people: People
}

export interface Cost {
  /** Milliseconds of CPU per operation. */
  readonly serverCpu: number
  readonly postgresCpu: number
  readonly writes: number
  readonly walBytes: number
  /** Share of the whole machine that others than the benchmark took, 0 to 1. */
  readonly foreign: number
}

export type Measured = Outcome & Cost

const millisecondsPerTick = 10

/** A time step is accepted once, so nobody signs in twice within the step and the one before it. */
const restMilliseconds = 31_000

export interface People {
  /** Those who have rested, longest rested first; waits until there are `atLeast` of them. */
  rested(atLeast: number, atMost: number): Promise<number[]>
  markUsed(people: readonly number[]): void
}

export function peopleOf(count: number): People {
  let queue = Array.from({ length: count }, (_, person) => ({ person, restedAt: 0 }))
  return {
    async rested(atLeast, atMost) {
      const wait = (queue[Math.min(atLeast, queue.length) - 1]?.restedAt ?? 0) - Date.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      const now = Date.now()
      return queue.slice(0, atMost).flatMap((entry) => (entry.restedAt <= now ? [entry.person] : []))
    },
    markUsed(people) {
      const used = new Set(people)
      const restedAt = Date.now() + restMilliseconds
      queue = [...queue.filter((entry) => !used.has(entry.person)), ...people.map((person) => ({ person, restedAt }))]
    },
  }
}

interface ProcessTimes {
  readonly parent: number
  readonly ticks: number
  readonly ticksOfReaped: number
}

function processTimes(): Map<number, ProcessTimes> {
  const times = new Map<number, ProcessTimes>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1')
      // The name stands in parentheses and may hold spaces; what is counted starts behind it, at field 3 of proc(5).
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const at = (field: number) => fields[field - 3] ?? 0
      times.set(Number(entry), { parent: at(4), ticks: at(14) + at(15), ticksOfReaped: at(16) + at(17) })
    } catch {
      // It ended between being listed and being read.
    }
  }
  return times
}

/** CPU ticks of these processes and of all their descendants, ended ones included; a process is counted once. */
function ticksOfTrees(times: Map<number, ProcessTimes>, roots: readonly number[]): number {
  const isInside = (pid: number): boolean => {
    for (let at = pid; at > 1; at = times.get(at)?.parent ?? 0) if (roots.includes(at)) return true
    return false
  }
  let ticks = 0
  for (const [pid, row] of times) if (isInside(pid)) ticks += row.ticks + row.ticksOfReaped
  return ticks
}

/**
 * Time of all processors that some process had, or that a virtual machine beside this one took (steal). Interrupts stay out:
 * they belong to nobody, and are ours on an idle machine.
 */
function machineTicks(): number {
  const fields = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/).slice(1).map(Number)
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = fields
  return user + nice + system + steal
}

export function peakMemoryMiB(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024
}

export interface Generator {
  readonly pid: number
  run(window: Window): Promise<Outcome>
  stop(): void
}

export function startGenerator(): Generator {
  const child: ChildProcess = fork(fileURLToPath(new URL('load.ts', import.meta.url)))
  return {
    pid: child.pid as number,
    async run(window) {
      child.send(window)
      const [outcome] = (await once(child, 'message')) as [Outcome]
      return outcome
    },
    stop: () => child.disconnect(),
  }
}

interface Counters {
  readonly at: number
  readonly server: number
  readonly postgres: number
  readonly ours: number
  readonly machine: number
  readonly writes: number
  readonly wal: number
}

export interface Meter {
  measure(subject: Subject, operation: Operation, callers: number, seconds: number): Promise<Measured>
  /** Statements per operation. */
  countStatements(subject: Subject, operation: Operation, seconds: number): Promise<number>
}

export function startMeter(cluster: Cluster, generator: Generator): Meter {
  async function read(subject: Subject): Promise<Counters> {
    const row = (
      await cluster.observer.query(
        `SELECT pg_current_wal_insert_lsn() - '0/0' AS wal, pg_snapshot_xmax(pg_current_snapshot())::text AS writes`,
      )
    ).rows[0]
    const times = processTimes()
    return {
      at: performance.now(),
      server: ticksOfTrees(times, [subject.pid]),
      postgres: ticksOfTrees(times, [cluster.pid]),
      ours: ticksOfTrees(times, [process.pid, cluster.pid]),
      machine: machineTicks(),
      writes: Number(row.writes),
      wal: Number(row.wal),
    }
  }

  async function ticketsFor(subject: Subject, operation: Operation, callers: number): Promise<Ticket[]> {
    if (operation === 'session') return subject.preparations.sessions(Array.from({ length: 256 }, (_, person) => person))
    const people = await subject.people.rested(Math.max(200, callers * 50), 10_000)
    return operation === 'code' ? subject.preparations.signIns(people) : people.map((person) => ({ person }))
  }

  async function load(
    subject: Subject,
    operation: Operation,
    callers: number,
    seconds: number,
    tickets: readonly Ticket[],
  ): Promise<Outcome> {
    const outcome = await generator.run({ operation, port: subject.port, callers, seconds, tickets })
    if (operation !== 'session') subject.people.markUsed(tickets.slice(0, outcome.drawn).map((ticket) => ticket.person))
    return outcome
  }

  return {
    async measure(subject, operation, callers, seconds) {
      const tickets = await ticketsFor(subject, operation, callers)
      const before = await read(subject)
      const outcome = await load(subject, operation, callers, seconds, tickets)
      const after = await read(subject)
      const each = (name: keyof Counters) => (after[name] - before[name]) / outcome.operations
      const capacity = ((after.at - before.at) / millisecondsPerTick) * cpus().length
      return {
        ...outcome,
        serverCpu: each('server') * millisecondsPerTick,
        postgresCpu: each('postgres') * millisecondsPerTick,
        writes: each('writes'),
        walBytes: each('wal'),
        foreign: Math.max(0, after.machine - before.machine - (after.ours - before.ours)) / capacity,
      }
    },
    async countStatements(subject, operation, seconds) {
      const tickets = await ticketsFor(subject, operation, 8)
      let operations = 0
      const statements = await cluster.countStatements(subject.databaseName, async () => {
        operations = (await load(subject, operation, 8, seconds, tickets)).operations
      })
      return statements / operations
    },
  }
}
