import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api.ts'
import { ChangesProvider } from './changes.tsx'
import { chosenKey } from './frame.tsx'
import { router } from './routes.tsx'
import './styles.css'
import { cssVariables, theme } from './theme.ts'

/** What the person comes back from (`?done=enroll`), taken off the address so that loading again does not repeat it. */
function takeReturned(): string | undefined {
  const address = new URL(window.location.href)
  const done = address.searchParams.get('done') ?? undefined
  if (done === undefined) return undefined
  address.searchParams.delete('done')
  window.history.replaceState(window.history.state, '', address)
  return done
}

/** The organization that a link in a mail is about, kept for this window; taken off the address like the above. */
function takeOrganization(): void {
  const address = new URL(window.location.href)
  const asked = address.searchParams.get('organization')
  if (asked === null) return
  if (/^[0-9a-f-]{36}$/i.test(asked)) sessionStorage.setItem(chosenKey, asked)
  address.searchParams.delete('organization')
  window.history.replaceState(window.history.state, '', address)
}

takeOrganization()
const place = document.getElementById('console')
if (!place) throw new Error('index.html has no place for the Console')
const returned = takeReturned()
createRoot(place).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
    <Notifications position="bottom-right" autoClose={8_000} />
    <QueryClientProvider client={queryClient}>
      <ChangesProvider returned={returned}>
        <RouterProvider router={router} />
      </ChangesProvider>
    </QueryClientProvider>
  </MantineProvider>,
)
