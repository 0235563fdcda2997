import type pg from 'pg'

/** Enough that one read does not hold up all others; more would each plan and remember the same statements again. */
const connections = 2

export interface Readers {
  /** @param name under which each connection prepares the text once */
  read<Row>(name: string, text: string, values: unknown[]): Promise<readonly Row[]>
  end(): Promise<void>
}

/**
 * Reads of the hot path, on connections of their own. The next one is sent before the last one is answered, and all that one turn of the
 * loop asks for goes out in one piece: nobody waits for a connection, and at a crowd most of the work of sending and waking is shared.
 *
 * What waits on such a connection holds up all that was sent behind it. So it is for statements that read by a key and lock nothing.
 */
export function openReaders({ Client }: Pick<typeof pg, 'Client'>, options: pg.ClientConfig): Readers {
  const open: (Promise<Reader> | undefined)[] = Array.from({ length: connections })
  let turn = 0

  function connect(place: number): Promise<Reader> {
    const client = new Client({ ...options, pipeline: true })
    const forget = () => {
      if (open[place] === connected) open[place] = undefined
    }
    client.on('error', forget)
    client.on('end', forget)
    const { stream } = client.connection
    let isHeld = false
    const send = () => {
      isHeld = false
      stream.uncork()
    }
    const connected = client.connect().then(
      (): Reader => ({
        async query(name, text, values) {
          if (!isHeld) {
            isHeld = true
            stream.cork()
            setImmediate(send)
          }
          try {
            return (await client.query({ name, text, values })).rows
          } catch (error) {
            // A connection that broke fails what was sent on it, often before it says that it did; whoever asks next opens another one.
            if (!isOfStatement(error)) forget()
            throw error
          }
        },
        end: () => client.end(),
      }),
    )
    connected.catch(forget)
    open[place] = connected
    return connected
  }

  return {
    async read(name, text, values) {
      turn = (turn + 1) % connections
      const { query } = await (open[turn] ?? connect(turn))
      return query(name, text, values)
    },
    async end() {
      const all = open.splice(0)
      await Promise.all(all.map(async (connected) => (await connected)?.end()).map((ended) => ended.catch(() => undefined)))
    },
  }
}

interface Reader {
  query<Row>(name: string, text: string, values: unknown[]): Promise<readonly Row[]>
  end(): Promise<void>
}

/** Whether the database has refused a statement, and nothing worse. */
const isOfStatement = (error: unknown) => error instanceof Error && 'severity' in error && error.severity === 'ERROR'
