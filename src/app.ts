import { type AnyElysia, Elysia } from 'elysia'
import type { adminApi } from './admin-app.ts'
import type { Deps } from './deps.ts'
import { accountEndpoint } from './endpoints/account/account.ts'
import { passwordEndpoint } from './endpoints/account/choose-password.ts'
import { logoutEndpoint } from './endpoints/account/logout.ts'
import { apiKeysEndpoint } from './endpoints/api-keys.ts'
import { forwardAuthEndpoint } from './endpoints/forward-auth.ts'
import { healthEndpoint } from './endpoints/health.ts'
import { introspectEndpoint } from './endpoints/introspect.ts'
import { jwksEndpoint } from './endpoints/jwks.ts'
import { metadataEndpoint } from './endpoints/metadata.ts'
import { authorizeEndpoint } from './endpoints/people/authorize.ts'
import { consentEndpoint } from './endpoints/people/consent.ts'
import { deviceAuthorizationEndpoint } from './endpoints/people/device-authorization.ts'
import { deviceEntryEndpoint } from './endpoints/people/device-entry.ts'
import { loginEndpoint } from './endpoints/people/login.ts'
import { pageAssetsEndpoint } from './endpoints/people/page-assets.ts'
import { parEndpoint } from './endpoints/people/par.ts'
import { selectAccountEndpoint } from './endpoints/people/select-account.ts'
import { tryEndpoint } from './endpoints/people/try.ts'
import { userinfoEndpoint } from './endpoints/people/userinfo.ts'
import { protectedResourceEndpoint } from './endpoints/protected-resource.ts'
import { revokeEndpoint } from './endpoints/revoke.ts'
import { rootEndpoint } from './endpoints/root.ts'
import { strategiesEndpoint } from './endpoints/strategies.ts'
import { swaggerEndpoint } from './endpoints/swagger.ts'
import { tokenEndpoint } from './endpoints/token.ts'
import { renderError } from './http/answer/render-error.ts'
import { type Handler, wrapHandler } from './http/handler.ts'
import { notesOf } from './http/request/request-notes.ts'
import { explainNoRoute, mountablePath } from './http/routes.ts'

export type AdminApi = typeof adminApi

/** Loads the admin API if it is configured. */
export async function loadAdminApi(admin: Deps['settings']['admin']): Promise<AdminApi | undefined> {
  return admin && (await import('./admin-app.ts')).adminApi
}

/** The whole server as one function from request to response; `admin` is what {@link loadAdminApi} returned. */
export function createApp(deps: Deps, admin?: AdminApi): Handler {
  const prefix = mountablePath(deps.publicUrl)
  const app = new Elysia({ strictPath: true, normalize: false, handler: { standardHostname: false } })
    .onTransform({ as: 'global' }, ({ request, route }) => {
      notesOf(request).route = route.startsWith(prefix) ? route.slice(prefix.length) || '/' : route
    })
    .onError({ as: 'global' }, ({ code, error, request }) =>
      code === 'NOT_FOUND' ? answerNoRoute(request) : renderError(error, notesOf(request)),
    )
  const endpoints = [...documented(deps, admin), ...undocumented(deps, admin)]
  useAll(app, endpoints)
  // A proxy may cut the path of public_url off, or pass it on.
  if (prefix !== '') app.group(prefix, (group) => useAll(group, [...endpoints, rootEndpoint(deps, '')]))

  function answerNoRoute(request: Request): Response {
    const { error, allow } = explainNoRoute(new URL(request.url).pathname, app.routes)
    const response = renderError(error, notesOf(request))
    if (allow.length > 0) response.headers.set('Allow', allow.join(', '))
    return response
  }

  return wrapHandler((request) => app.fetch(withPlainUrl(request)), deps)
}

/**
 * Elysia looks for the path behind `http://`, also where a listener with TLS begins the URL with `https://`. No code reads the scheme
 * here. A new Request would cost ten times as much.
 */
function withPlainUrl(request: Request): Request {
  const { url } = request
  return url.startsWith('https:')
    ? Object.defineProperty(request, 'url', { value: `http${url.slice(5)}` })
    : request
}

/** The OpenAPI document of every endpoint, as JSON. The import is here because few servers need it, and a start must be short. */
export async function renderDocument(deps: Deps): Promise<string> {
  const { findFirstTenant, makeDocument, renderDocumentOf } = await import('./swagger/document.ts')
  const endpoints = documented(deps, await loadAdminApi(deps.settings.admin))
  const document = await makeDocument(useAll(new Elysia(), endpoints), deps)
  return renderDocumentOf(findFirstTenant(deps), document, deps)
}

/** Every endpoint of the OpenAPI document, in the order of its page. */
function documented(deps: Deps, admin: AdminApi | undefined): AnyElysia[] {
  if (deps.settings.admin && !admin) throw new TypeError('The admin API is configured and was not loaded')
  return [
    tokenEndpoint(deps),
    protectedResourceEndpoint(deps),
    forwardAuthEndpoint(deps),
    userinfoEndpoint(deps),
    introspectEndpoint(deps),
    revokeEndpoint(deps),
    deviceAuthorizationEndpoint(deps),
    authorizeEndpoint(deps),
    parEndpoint(deps),
    loginEndpoint(deps),
    consentEndpoint(deps),
    selectAccountEndpoint(deps),
    logoutEndpoint(deps),
    accountEndpoint(deps),
    passwordEndpoint(deps),
    apiKeysEndpoint(deps),
    ...(admin ? [admin(deps)] : []),
    strategiesEndpoint(deps),
    jwksEndpoint(deps),
    metadataEndpoint(deps),
    healthEndpoint(deps),
    rootEndpoint(deps),
  ]
}

/** The endpoints that the document leaves out. */
function undocumented(deps: Deps, admin: AdminApi | undefined): AnyElysia[] {
  return [
    deviceEntryEndpoint(deps),
    pageAssetsEndpoint(deps),
    tryEndpoint(deps),
    ...(deps.settings.swagger
      ? [swaggerEndpoint(deps, () => useAll(new Elysia(), documented(deps, admin)))]
      : []),
  ]
}

/** Directly, because the routes of an app within an app are made once more at each level, which a start waits for. */
function useAll<App extends AnyElysia>(app: App, endpoints: readonly AnyElysia[]): App {
  for (const endpoint of endpoints) app.use(endpoint)
  return app
}
