import { nameIn, OAuthError } from './errors.ts'
import { named, oneOf } from './finding-words.ts'

const malformed = {
  check: 'form of the scope',
  saw: 'two spaces in a row, a space at an end, or a character that a scope cannot have',
  wanted: 'scopes with single spaces between them',
}

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
  if (!tokens.every(isScopeToken))
    throw new OAuthError('invalid_scope', 'The scope is malformed', { finding: malformed })
  return [...new Set(tokens)]
}

/**
 * Throws `invalid_scope` unless every requested scope is allowed: a scope is never dropped in silence. `known` are the scopes of the
 * tenant, for the finding.
 */
export function checkScopes(
  requested: readonly string[],
  allowed: readonly string[],
  known?: readonly string[],
): void {
  const refused = requested.find((scope) => !allowed.includes(scope))
  if (refused === undefined) return
  const isUnknown = known !== undefined && !known.includes(refused)
  const saw = `${named(refused, known ?? [])}, ${isUnknown ? 'which the tenant does not have' : 'which the client does not have'}`
  const finding = { check: 'scope', saw, wanted: oneOf(allowed) }
  throw new OAuthError(
    'invalid_scope',
    nameIn('The requested scope is not allowed for this client', refused),
    {
      finding,
    },
  )
}
