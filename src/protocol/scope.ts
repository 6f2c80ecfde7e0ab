import { nameIn, OAuthError } from './errors.ts'

/** One scope-token of RFC 6749 section 3.3: printable ASCII without space, quote and backslash. */
export const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export function isScopeToken(text: string): boolean {
  return scopeToken.test(text)
}

/**
 * The scope-tokens of a `scope` parameter in the order given, each once.
 * Throws `invalid_scope` unless they are separated by single spaces (RFC 6749 section 3.3).
 */
export function parseScope(text: string): string[] {
  const tokens = text.split(' ')
  if (!tokens.every(isScopeToken)) throw new OAuthError('invalid_scope', 'The scope is malformed')
  return [...new Set(tokens)]
}

/** Throws `invalid_scope` unless every requested scope is allowed: a scope is never dropped in silence. */
export function checkScopes(requested: readonly string[], allowed: readonly string[]): void {
  const refused = requested.find((scope) => !allowed.includes(scope))
  if (refused === undefined) return
  throw new OAuthError('invalid_scope', nameIn('The requested scope is not allowed for this client', refused))
}
