import { EmptyState, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Channel, Statistics } from '#contract/gateways.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { sentQuery } from '../api.ts'
import { Section } from '../page.tsx'
import { Shown } from '../states.tsx'
import { useWho } from '../who.tsx'

const say = gatewayWords.sent
const channels: readonly Channel[] = ['mail', 'text', 'call']
const [width, height, gap] = [420, 64, 4]

type Day = Statistics['days'][number]

/** What was sent, delivered and entered, by day. Drawn here: fourteen bars a channel are not worth a chart library. */
export function SentChart() {
  const { organization } = useWho()
  const sent = useQuery(sentQuery(organization.id))
  return (
    <Section id="sent" title={say.title} what={say.what[organization.kind]}>
      <Shown query={sent}>
        {(statistics) =>
          statistics.days.length === 0 ? (
            <EmptyState py="lg" title={say.empty} description={say.emptyWhat} />
          ) : (
            <Charts statistics={statistics} />
          )
        }
      </Shown>
    </Section>
  )
}

function Charts({ statistics }: { readonly statistics: Statistics }) {
  const dates = daysBetween(statistics.from, statistics.to)
  const used = channels.filter((channel) => statistics.days.some((one) => one.channel === channel))
  const totals = used.map((channel) => ({ channel, ...sum(statistics.days.filter((one) => one.channel === channel)) }))
  return (
    <>
      {totals.map(({ channel, sent }) => (
        <figure key={channel} className="sent">
          <Text component="figcaption" size="sm">
            {gatewayWords.channels[channel]}
          </Text>
          <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say.chart(channel, sent)} preserveAspectRatio="none">
            <Bars dates={dates} days={statistics.days.filter((one) => one.channel === channel)} />
          </svg>
        </figure>
      ))}
      <Table role="table" className="sent-totals" verticalSpacing={6} mt="md">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {[say.channel, say.sent, say.delivered, say.used, say.failed].map((heading, at) => (
              <Table.Th key={heading} role="columnheader" scope="col" className={at === 0 ? '' : `key key-${at}`}>
                {heading}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {totals.map(({ channel, sent, delivered, used: entered, failed }) => (
            <Table.Tr key={channel} role="row">
              <Table.Th role="rowheader" scope="row">
                {gatewayWords.channels[channel]}
              </Table.Th>
              {(
                [
                  [say.sent, sent],
                  [say.delivered, delivered],
                  [say.used, entered],
                  [say.failed, failed],
                ] as const
              ).map(([heading, figure], at) => (
                <Table.Td key={heading} role="cell" data-label={heading} className={`key-${at + 1}`}>
                  {figure.toLocaleString('en')}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  )
}

/** For each day three bars beside each other: sent, delivered, entered. */
function Bars({ dates, days }: { readonly dates: readonly string[]; readonly days: readonly Day[] }) {
  const most = Math.max(1, ...days.map(({ sent }) => sent))
  const each = width / dates.length
  const bar = (each - gap) / 3
  return (
    <>
      <line x1="0" x2={width} y1={height} y2={height} className="axis" />
      {dates.flatMap((date, at) => {
        const day = days.find((one) => one.day === date)
        if (!day) return []
        const { sent, delivered, used } = day
        return [
          <g key={date}>
            <title>{say.bar(date, sent, delivered, used)}</title>
            {[sent, delivered, used].map((value, nth) => (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: they are three
                key={nth}
                className={`bar-${nth + 1}`}
                x={at * each + gap / 2 + nth * bar}
                y={height - (value / most) * height}
                width={bar}
                height={(value / most) * height}
              />
            ))}
          </g>,
        ]
      })}
    </>
  )
}

const sum = (days: readonly Day[]) => ({
  sent: days.reduce((all, one) => all + one.sent, 0),
  delivered: days.reduce((all, one) => all + one.delivered, 0),
  used: days.reduce((all, one) => all + one.used, 0),
  failed: days.reduce((all, one) => all + one.failed, 0),
})

function daysBetween(from: string, to: string): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
