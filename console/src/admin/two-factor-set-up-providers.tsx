import { List, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { duoWords } from '#words/en/duo-settings.ts'

const say = duoWords.setUp

/** Who provides the second step: a method, and for Duo whose account. */
export type Provider = 'duo' | 'duo-provider' | 'passkey' | 'totp' | 'authanvil' | 'email' | 'sms' | 'voice'
export const providers: readonly Provider[] = ['duo', 'duo-provider', 'passkey', 'totp', 'authanvil', 'email', 'sms', 'voice']

export const methodOf = (provider: Provider): string => (provider === 'duo-provider' ? 'duo' : provider)

/** Whom the wizard asks it of. */
export type Mode = 'everyone' | 'chosen'

/** What people will meet, in order. */
export function NextLogin({ provider, children }: { readonly provider: Provider; readonly children?: ReactNode }) {
  const lines = say.nextLogins[provider === 'duo' || provider === 'duo-provider' || provider === 'passkey' ? provider : 'other']
  return (
    <div>
      <Text fw={600} mt="md">
        {say.nextLogin}
      </Text>
      <List type="ordered" spacing={4} mt={4} className="steps">
        {lines.map((line) => (
          <List.Item key={line}>{line}</List.Item>
        ))}
      </List>
      {children}
    </div>
  )
}
