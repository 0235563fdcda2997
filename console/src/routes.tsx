import { Button, EmptyState } from '@mantine/core'
import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { SiteOrder } from '#contract/sites.ts'
import { words } from '#words/en/console.ts'
import { toUserFilter } from './admin/user-filters.tsx'
import type { AuditSearch } from './api.ts'
import { Frame } from './frame.tsx'
import { Page } from './page.tsx'
import { Loading } from './states.tsx'

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./account/settings.tsx'), 'Settings'),
})
const help = createRoute({
  getParentRoute: () => root,
  path: '/help/two-factor',
  component: lazyRouteComponent(() => import('./help/two-factor-help.tsx'), 'TwoFactorHelp'),
})
const questions = createRoute({
  getParentRoute: () => root,
  path: '/help/questions',
  component: lazyRouteComponent(() => import('./help/questions.tsx'), 'Questions'),
})
const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  validateSearch: toUserFilter,
  component: lazyRouteComponent(() => import('./admin/users.tsx'), 'Users'),
})
const importUsers = createRoute({
  getParentRoute: () => root,
  path: '/users/import',
  component: lazyRouteComponent(() => import('./admin/import.tsx'), 'ImportUsers'),
})
const user = createRoute({
  getParentRoute: () => root,
  path: '/users/$userId',
  component: lazyRouteComponent(() => import('./admin/user.tsx'), 'User'),
})
const twoFactorSettings = lazyRouteComponent(() => import('./admin/company-settings.tsx'), 'TwoFactorSettings')
const companySettings = createRoute({ getParentRoute: () => root, path: '/company-settings', component: twoFactorSettings })
const twoFactor = createRoute({ getParentRoute: () => root, path: '/company-settings/general/two-factor', component: twoFactorSettings })
const passwordRules = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/password-rules',
  component: lazyRouteComponent(() => import('./admin/company-settings.tsx'), 'PasswordSettings'),
})

const auditFilters = ['search', 'action', 'person', 'site', 'from', 'to'] as const
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (given: Record<string, unknown>): AuditSearch =>
    Object.fromEntries(
      auditFilters.flatMap((name) => (typeof given[name] === 'string' && given[name] !== '' ? [[name, given[name]]] : [])),
    ),
  component: lazyRouteComponent(() => import('./admin/audit.tsx'), 'Audit'),
})

const appearance = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/appearance',
  component: lazyRouteComponent(() => import('./admin/company-settings.tsx'), 'AppearanceSettings'),
})
const messages = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/messages',
  component: lazyRouteComponent(() => import('./admin/company-settings.tsx'), 'MessageSettings'),
})
const resetOrganization = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/two-factor/reset',
  component: lazyRouteComponent(() => import('./admin/organization-reset.tsx'), 'ResetOrganization'),
})
const duoDoctor = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/two-factor/duo-doctor',
  component: lazyRouteComponent(() => import('./admin/duo-doctor.tsx'), 'DuoDoctor'),
})
const setUpOrganization = createRoute({
  getParentRoute: () => root,
  path: '/company-settings/general/two-factor/set-up',
  component: lazyRouteComponent(() => import('./admin/two-factor-set-up.tsx'), 'TwoFactorSetUp'),
})
const duoHelp = createRoute({
  getParentRoute: () => root,
  path: '/help/duo',
  component: lazyRouteComponent(() => import('./help/duo-help.tsx'), 'DuoHelp'),
})
const applicationsHelp = createRoute({
  getParentRoute: () => root,
  path: '/help/applications',
  component: lazyRouteComponent(() => import('./help/applications-help.tsx'), 'ApplicationsHelp'),
})
const applications = createRoute({
  getParentRoute: () => root,
  path: '/applications',
  component: lazyRouteComponent(() => import('./admin/applications.tsx'), 'Applications'),
})
const application = createRoute({
  getParentRoute: () => root,
  path: '/applications/$applicationId',
  component: lazyRouteComponent(() => import('./admin/application.tsx'), 'Application'),
})
const sites = createRoute({
  getParentRoute: () => root,
  path: '/sites',
  validateSearch: ({ search, order }: Record<string, unknown>): { search?: string; order?: SiteOrder } => ({
    ...(typeof search === 'string' && search !== '' ? { search } : {}),
    ...(order === 'people' || order === 'secured' || order === 'missing' ? { order } : {}),
  }),
  component: lazyRouteComponent(() => import('./provider/sites.tsx'), 'Sites'),
})

/** The other names under which the field knows these places. */
const aliases = [
  ['/', '/settings'],
  ['/help', '/help/two-factor'],
  ['/team', '/users'],
  ['/user-management', '/users'],
  ['/company-settings/general', '/company-settings/general/two-factor'],
  ['/settings/general', '/company-settings/general/two-factor'],
  ['/client-settings', '/company-settings/general/two-factor'],
  ['/client-settings/password-security-rules', '/company-settings/general/password-rules'],
].map(([path = '', to = '']) =>
  createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: () => {
      throw redirect({ href: to, replace: true })
    },
  }),
)

export const router = createRouter({
  routeTree: root.addChildren([
    settings,
    help,
    questions,
    applicationsHelp,
    users,
    importUsers,
    user,
    companySettings,
    twoFactor,
    passwordRules,
    appearance,
    messages,
    resetOrganization,
    duoDoctor,
    setUpOrganization,
    duoHelp,
    applications,
    application,
    sites,
    audit,
    ...aliases,
  ]),
  // What no page knows is no filter of any.
  search: { strict: true },
  defaultPendingComponent: Loading,
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

function NotFound() {
  return (
    <Page title={words.states.notFound}>
      <EmptyState py="xl" description={words.states.notFoundWhat}>
        <EmptyState.Actions>
          <Button component={Link} to="/settings">
            {words.states.toSettings}
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    </Page>
  )
}

/** A defect of ours, or a part of the Console that was replaced by a newer version while it was open. */
function Crashed() {
  return (
    <EmptyState role="alert" py="xl" title={words.states.crashed} description={words.states.crashedWhat}>
      <EmptyState.Actions>
        <Button onClick={() => window.location.reload()}>{words.states.reload}</Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}
