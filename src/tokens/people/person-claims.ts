import { isReservedClaim } from '../../protocol/static-claims.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Person } from '../../users/person.ts'
import type { RequestedClaims } from './claims-request.ts'

/** The claims that a scope stands for (OpenID Connect Core section 5.4). */
const standardClaims: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'profile',
    [
      ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
      ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
    ],
  ],
  ['email', ['email', 'email_verified']],
  ['address', ['address']],
  ['phone', ['phone_number', 'phone_number_verified']],
  ['groups', ['groups']],
])

type ClaimsByScope = Pick<Tenant, 'oidc'>

/** The claims by scope: the standard ones, and those of `oidc.claims` of the tenant. */
export function claimsByScope({ oidc }: ClaimsByScope): ReadonlyMap<string, readonly string[]> {
  const more = Object.entries(oidc?.claims ?? {})
  if (more.length === 0) return standardClaims
  const byScope = new Map(standardClaims)
  for (const [scope, names] of more) byScope.set(scope, [...(byScope.get(scope) ?? []), ...names])
  return byScope
}

/** Every claim about people that this tenant can give, for its metadata. */
export function supportedClaims(tenant: ClaimsByScope): readonly string[] {
  return [...new Set(['sub', ...claimsOf(claimsByScope(tenant))])]
}

function claimsOf(byScope: ReadonlyMap<string, readonly string[]>): string[] {
  return [...byScope.values()].flat()
}

/** Whether the client may have the scope, if the person allows it. */
export type MayAllow = (scope: string) => boolean

/** The scopes that stand for these requested claims, so that a person can be asked for them by name. */
export function scopesOfClaims(
  requested: RequestedClaims,
  tenant: ClaimsByScope,
  mayAllow: MayAllow,
): readonly string[] {
  const byScope = [...claimsByScope(tenant)].filter(([scope]) => mayAllow(scope))
  const scopes = Object.keys(requested).flatMap((name) => {
    const found = byScope.find(([, names]) => names.includes(name))
    return found ? [found[0]] : []
  })
  return [...new Set(scopes)]
}

/** The claims of the request that {@link scopesOfClaims} asks the person for. The others are ignored (OpenID Connect Core section 5.5). */
export function keepAllowed(
  requested: RequestedClaims,
  tenant: ClaimsByScope,
  mayAllow: MayAllow,
): RequestedClaims {
  const names = Object.entries(requested).filter(
    ([name]) => scopesOfClaims({ [name]: null }, tenant, mayAllow).length > 0,
  )
  return Object.fromEntries(names)
}

export interface WantedClaims {
  readonly scopes: readonly string[]
  /** Those of the claims parameter for this place: the ID token, or userinfo. Default: none. */
  readonly requested?: RequestedClaims | undefined
  readonly mayAllow: MayAllow
}

/**
 * The claims of a person, without `sub`: those of the scopes, and those that the claims parameter names. It names only claims that some
 * scope stands for which the client may have, so no other attribute leaves the server. A claim that the person does not have is left out
 * (Core section 5.3.2), and so is one that is requested with another value.
 */
export function buildPersonClaims(
  person: Person,
  { scopes, requested = {}, mayAllow }: WantedClaims,
  tenant: ClaimsByScope,
): Readonly<Record<string, unknown>> {
  const byScope = claimsByScope(tenant)
  const byScopes = scopes.flatMap((scope) => byScope.get(scope) ?? [])
  const named = Object.keys(requested)
  const known =
    named.length === 0 ? [] : [...byScope].flatMap(([scope, names]) => (mayAllow(scope) ? names : []))
  const byRequest = named.filter((name) => known.includes(name) && fits(person, name, requested))
  const entries = [...new Set([...byScopes, ...byRequest])].flatMap((name) => {
    const value = findClaim(person, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

function fits(person: Person, name: string, requested: RequestedClaims): boolean {
  const request = requested[name]
  if (!request) return true
  const text = JSON.stringify(findClaim(person, name))
  if (request.value !== undefined && JSON.stringify(request.value) !== text) return false
  return !request.values || request.values.some((value) => JSON.stringify(value) === text)
}

type FindClaim = (person: Person) => unknown

/** The claims that no attribute gives, because their meaning is checked: an attribute must not verify an address. */
const own: ReadonlyMap<string, FindClaim> = new Map<string, FindClaim>([
  ['email', ({ email }) => email],
  ['email_verified', ({ email, email_verified }) => (email === null ? null : email_verified)],
  ['groups', ({ groups }) => (groups.length === 0 ? null : [...groups])],
])

/** The claims that an attribute gives where the person has no other value for them. */
const withDefault: ReadonlyMap<string, FindClaim> = new Map<string, FindClaim>([
  ['name', ({ name, attributes }) => name ?? attributes['name']],
  ['preferred_username', ({ key, attributes }) => attributes['preferred_username'] ?? key],
  [
    'updated_at',
    ({ updatedAt, attributes }) =>
      updatedAt === null ? attributes['updated_at'] : Math.floor(updatedAt / 1000),
  ],
])

/** The value of one claim of a person; undefined: the person does not have it, or the name is reserved. */
export function findClaim(person: Person, name: string): unknown {
  if (isReservedClaim(name)) return undefined
  const find = own.get(name) ?? withDefault.get(name)
  const value = find ? find(person) : attributeOf(person, name)
  return value === null || value === '' ? undefined : value
}

function attributeOf({ attributes }: Person, name: string): unknown {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined
}
