import { OAuthError } from '../protocol/errors.ts'
import { oneOf } from '../protocol/finding-words.ts'
import { basePathOf } from '../protocol/url/uri.ts'

/** A route of the app, as Elysia lists it. */
export interface Route {
  readonly method: string
  readonly path: string
}

/**
 * The error for a request without a route: `method_not_allowed` with the methods of the path for the Allow header, or `not_found`
 * (RFC 9110 sections 15.5.5 and 15.5.6).
 */
export function explainNoRoute(
  pathname: string,
  routes: readonly Route[],
): { error: OAuthError; allow: string[] } {
  const methods = routes.filter(({ path }) => fits(pathname, path)).map(({ method }) => method)
  if (methods.length === 0) return { error: new OAuthError('not_found', 'Path not found'), allow: [] }
  const allow = [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
  const finding = {
    check: 'method',
    saw: 'a method that the path does not have',
    wanted: oneOf(allow),
  }
  return { error: new OAuthError('method_not_allowed', 'Method not allowed', { finding }), allow }
}

function fits(pathname: string, pattern: string): boolean {
  // A catch-all route does not make a path exist.
  if (pattern.endsWith('/*')) return false
  const given = pathname.split('/')
  const wanted = pattern.split('/')
  if (given.length !== wanted.length) return false
  return wanted.every((segment, index) =>
    segment.startsWith(':') ? given[index] !== '' : segment === given[index],
  )
}

/** The path of `public_url`; empty if it has characters with a meaning in route patterns. */
export function mountablePath(publicUrl: string): string {
  const path = basePathOf(publicUrl)
  return /^(?:\/[\w.~-]+)+$/.test(path) ? path : ''
}
