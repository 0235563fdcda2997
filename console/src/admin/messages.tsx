import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { gatewayWords as say } from '#words/en/gateways.ts'
import { gatewaysQuery } from '../api.ts'
import { Forbidden, Shown } from '../states.tsx'
import { useWho } from '../who.tsx'
import { FailedMessages } from './failed-messages.tsx'
import { GatewayCard } from './gateway-card.tsx'
import { SendingLimits } from './sending-limits.tsx'
import { SentChart } from './sent-chart.tsx'

/** What messages are sent through, how many may be, what was sent, and what did not arrive. */
export function Messages() {
  const { organization, may } = useWho()
  const gateways = useQuery({ ...gatewaysQuery(organization.id), enabled: may('change-gateways') })
  if (!may('change-gateways')) return <Forbidden whom={say.forbidden(organization.name)} />
  return (
    <Shown query={gateways} whom={say.forbidden(organization.name)} lines={10}>
      {(found) => (
        <Stack gap="lg">
          {found.channels.map((one) => (
            <GatewayCard key={one.channel} gateways={found} view={one} />
          ))}
          <SendingLimits key={found.rules.version} rules={found.rules} />
          <SentChart />
          <FailedMessages />
        </Stack>
      )}
    </Shown>
  )
}
