import { type Consent, listConsents } from '../../consents/consents.ts'
import type { Deps } from '../../deps.ts'
import type { Browser } from '../../http/browser/cookies.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { pageFrame } from '../../http/browser/page-answer.ts'
import { pagePath } from '../../http/browser/people-page.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import type { AccountDone, AccountView, AppView, SessionView } from '../../pages/account-page.ts'
import type { PasswordProblem } from '../../pages/password-problem.ts'
import type { Session } from '../../sessions/session.ts'
import { listSessions } from '../../sessions/sessions.ts'
import type { SignedIn } from '../../sessions/signed-in.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Person } from '../../users/person.ts'

/** A visit of the account page by a person who is signed in. */
export interface AccountVisit extends SignedIn {
  readonly request: Request
  readonly tenant: Tenant
  readonly deps: Deps
  readonly browser: Browser
}

/** The name of the forms of the page in their CSRF tokens, which are bound to the session. */
export const accountForm = 'account'

/** What is shown of many, the last used ones first. */
const mostSessions = 100

/** Characters that a new password must have; 0 for a tenant that signs nobody in. */
export function minLengthOf({ oidc }: Tenant): number {
  return oidc?.password.min_length ?? 0
}

/** Whether the person can choose another password: those of config.yaml cannot, nor those who have no name to sign in with. */
export function canChangePassword({ configured, email, passwordHash }: Person): boolean {
  return !configured && email !== null && passwordHash !== null
}

/** Reads what the page shows. Throws StorageError. */
export async function readAccount(
  { request, tenant, deps, browser, session, person }: AccountVisit,
  { problem, done }: { readonly problem: PasswordProblem | null; readonly done: AccountDone | null },
): Promise<AccountView> {
  const [sessions, apps] = await Promise.all([
    listSessions(tenant, person.sub, deps),
    readApps(person.sub, tenant, deps),
  ])
  return {
    ...{ frame: pageFrame(request, tenant, deps), action: pagePath(tenant, '/account', deps) },
    csrf: csrfToken(browser.secret, accountForm, session.sid, deps),
    ...{ person: shownPerson(person), canChangePassword: canChangePassword(person) },
    ...{ minLength: minLengthOf(tenant), problem, done, now: deps.now(), apps },
    sessions: sessions.slice(0, mostSessions).map((each) => sessionView(each, session)),
  }
}

function sessionView({ sid, userAgent, createdAt, lastSeenAt }: Session, current: Session): SessionView {
  return { sid, isCurrent: sid === current.sid, userAgent, createdAt, lastSeenAt }
}

async function readApps(sub: string, tenant: Tenant, deps: Deps): Promise<AppView[]> {
  const consents = await listConsents({ tenantId: tenant.id, sub }, deps)
  return Promise.all(consents.map((consent) => readApp(consent, tenant, deps)))
}

/** An app that is gone is shown by its id, because what it was allowed counts again for a later app of that id. */
async function readApp(consent: Consent, tenant: Tenant, { clients }: Deps): Promise<AppView> {
  const { clientId, givenAt } = consent
  const client = await clients.of(tenant.id).find(clientId)
  const scopes = consent.scopes.map((name) => ({ name, description: tenant.oauth2?.scopes[name] ?? null }))
  return { clientId, name: client?.name ?? clientId, scopes, givenAt }
}
