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

/** A mail about somebody or something leads to it in its organization (`?organization=`): from there on it is the choice of this window. */
function takeOrganization(): void {
  const address = new URL(window.location.href)
  const named = address.searchParams.get('organization')
  if (named === null) return
  if (/^[0-9a-f-]{36}$/i.test(named)) sessionStorage.setItem(chosenKey, named)
  address.searchParams.delete('organization')
  window.history.replaceState(window.history.state, '', address)
}

const place = document.getElementById('console')
if (!place) throw new Error('index.html has no place for the Console')
const returned = takeReturned()
takeOrganization()
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
