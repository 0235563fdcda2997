import type { Gateway } from '#delivery/gateway.ts'
import type { Channel } from '#domain/message.ts'
import type { Rooms } from './rooms.ts'

/** The gateway that takes the messages of an organization in a channel, if there is one. */
export async function gatewayFor(rooms: Rooms, channel: Channel, _organizationId: string | undefined): Promise<Gateway | undefined> {
  return rooms.gateways[channel]
}
