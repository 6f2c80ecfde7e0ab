/** Claims that the configuration puts into every token of a tenant or of a client, by their names; the values are JSON. */
export type StaticClaims = Readonly<Record<string, unknown>>

/** The most bytes of static claims as JSON. A token of 8 KB has room for the claims of a tenant, of a client and of grantd. */
export const largestClaims = 2048
export const mostClaims = 64
/** The deepest nesting of maps and lists in one claim. */
const deepestClaim = 5

/** The form of a name: printable ASCII without space. A URL can be a name. */
export const claimName = /^[\x21-\x7e]{1,128}$/

/**
 * Names whose meaning a standard or grantd itself defines. `groups`, `roles` and `entitlements` (RFC 9068 section 2.2.3.1) are not among
 * them, because only the operator knows their values.
 */
const reserved = new Set([
  // RFC 7519 section 4.1
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  // RFC 9068 section 2.2, and OpenID Connect Core sections 2, 3.1.3.6 and 3.3.2.11
  ...['client_id', 'scope', 'auth_time', 'acr', 'amr', 'nonce', 'azp', 'at_hash', 'c_hash', 's_hash'],
  // OpenID Connect Core section 5.6.2, Session Management and Back-Channel Logout
  ...['_claim_names', '_claim_sources', 'sid', 'events', 'sub_jwk', 'sub_id'],
  // RFC 7662 section 2.2: introspection shows claims beside these
  ...['active', 'username', 'token_type'],
  // RFC 8693 section 4, RFC 7800 section 3.1, RFC 9396 section 2
  ...['act', 'may_act', 'cnf', 'authorization_details'],
  // Names of grantd
  ...['tenant_id', 'api_key'],
  // Names that some JSON parsers take for members of the object's prototype
  ...['__proto__', 'constructor', 'prototype'],
])

/** Whether a name is reserved. Case does not count, because the JSON decoder of Go reads Scope as scope if a token has no scope. */
export function isReservedClaim(name: string): boolean {
  return reserved.has(name.toLowerCase())
}

/** The static claims among the claims of a token. */
export function staticClaimsOf(claims: object): StaticClaims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !isReservedClaim(name)))
}

export interface ClaimFault {
  /** The name of the claim; undefined: all of them together. */
  readonly name: string | undefined
  /** The fault, as a predicate after the name. It never repeats the value. */
  readonly message: string
}

/** Finds every fault in static claims, except in the form of their names. */
export function findClaimFaults(claims: StaticClaims): ClaimFault[] {
  const names = Object.keys(claims)
  const faults = names.flatMap((name): ClaimFault[] => {
    const message = explainName(name) ?? explainClaim(claims[name])
    return message === undefined ? [] : [{ name, message }]
  })
  if (names.length > mostClaims) {
    faults.push({ name: undefined, message: `has ${names.length} claims, wanted at most ${mostClaims}` })
  }
  const size = faults.length > 0 ? 0 : new TextEncoder().encode(JSON.stringify(claims)).length
  if (size > largestClaims) {
    faults.push({ name: undefined, message: `has ${size} bytes as JSON, wanted at most ${largestClaims}` })
  }
  return faults
}

function explainName(name: string): string | undefined {
  if (!isReservedClaim(name)) return undefined
  return 'is a name that grantd or a standard uses itself; take another one, such as a URL of yours'
}

/** Explains the fault of a claim. An undefined value was left out because of another fault, and is not checked. */
function explainClaim(value: unknown): string | undefined {
  return value === null ? 'is null; leave it out' : explainValue(value, 1)
}

function explainValue(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number') return explainNumber(value)
  if (typeof value === 'string') return explainText(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > deepestClaim) return `is nested deeper than ${deepestClaim} levels`
  if (Object.hasOwn(value, '__proto__')) return 'has a key __proto__ in it; take another one'
  for (const [key, member] of Object.entries(value)) {
    const message = explainText(key) ?? explainValue(member, depth + 1)
    if (message !== undefined) return message
  }
  return undefined
}

/** Explains the fault of a text. Some JSON parsers refuse a whole token with half a surrogate pair (RFC 8259 section 8.2). */
function explainText(text: string): string | undefined {
  return text.isWellFormed()
    ? undefined
    : 'has a text in it with half a surrogate pair, which is no character'
}

/** Explains the fault of a number. Many JSON parsers keep only 53 bits of an integer. */
function explainNumber(value: number): string | undefined {
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isExact ? undefined : 'has a number in it that programs round; write it as a text, in quotes'
}
