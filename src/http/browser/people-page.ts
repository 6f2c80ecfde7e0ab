import type { Deps } from '../../deps.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { OAuth2Tenant, Tenant } from '../../tenants/tenant.ts'
import { noStore } from '../answer/no-store.ts'
import { getOAuth2Tenant } from '../tenant-of-path.ts'
import { withErrorPages } from './page-answer.ts'
import { linkTo } from './page-links.ts'

/** A request for a page of a tenant that signs people in. */
export interface PeopleCall extends OAuth2Tenant {
  readonly request: Request
  readonly deps: Deps
}

/**
 * The handler of a page of a tenant that signs people in. Every error becomes a page, with the frame of the tenant where there is one.
 * `tenant_not_found` is that of a tenant which is missing, inactive or without `oauth2`.
 */
export function forPeople(deps: Deps, work: (call: PeopleCall) => Promise<Response>) {
  return ({ request, params }: { request: Request; params: { readonly tenant: string } }) =>
    withErrorPages(request, undefined, deps, async () => {
      const of = await getOAuth2Tenant(request, params.tenant, deps)
      return withErrorPages(request, of.tenant, deps, async () => {
        if (!of.tenant.oidc)
          throw new OAuthError('unsupported_response_type', 'This tenant does not sign people in', {
            finding: { check: 'people', saw: 'a tenant without oidc', wanted: 'oidc of the tenant' },
          })
        return work({ ...of, request, deps })
      })
    })
}

/**
 * The path and query of a page of a tenant, such as `/login`. It has no host: the browser stays at the name under which it found the
 * server, to which its cookies belong.
 */
export function pagePath(
  tenant: Pick<Tenant, 'id'>,
  page: string,
  deps: Pick<Deps, 'publicUrl'>,
  query: Readonly<Record<string, string>> = {},
): string {
  const text = new URLSearchParams(query).toString()
  return `${linkTo(page, tenant, deps)}${text === '' ? '' : `?${text}`}`
}

/** Sends the browser to a URL by GET, whatever its request was (RFC 9110 section 15.4.4). `headers` may have cookies. */
export function seeOther(location: string, headers: Headers = new Headers()): Response {
  const all = new Headers(headers)
  for (const [name, value] of Object.entries({ ...noStore, Location: location })) all.set(name, value)
  return new Response(null, { status: 303, headers: all })
}
