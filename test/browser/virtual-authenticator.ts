import type { CDPSession, Page } from 'playwright-core'

/** A key that Chromium itself plays, at one page: WebAuthn §11. */
export interface VirtualAuthenticator {
  /** Whether somebody touches it, and whether they are who they should be. */
  behave(wish: { readonly isPresent?: boolean; readonly isVerified?: boolean }): Promise<void>
  remove(): Promise<void>
}

export async function plugIn(
  page: Page,
  { asksForPin = true, isInside = false }: { readonly asksForPin?: boolean; readonly isInside?: boolean } = {},
): Promise<VirtualAuthenticator> {
  const session: CDPSession = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: isInside ? 'internal' : 'usb',
      hasResidentKey: true,
      hasUserVerification: asksForPin,
      isUserVerified: asksForPin,
      automaticPresenceSimulation: true,
    },
  })
  return {
    behave: async ({ isPresent = true, isVerified = asksForPin }) => {
      await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: isPresent })
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: isVerified })
    },
    remove: async () => {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    },
  }
}
