/**
 * Scopes that bring claims about a person (OpenID Connect Core sections 5.4 and 11; `groups` is a custom of its own). Every client that
 * signs people in may ask for them, so they stand neither in the `scopes` of a client nor in those of a tenant.
 */
export const peopleScopes = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'groups',
  'offline_access',
] as const

const names: ReadonlySet<string> = new Set(peopleScopes)

/** Whether the scope is one of {@link peopleScopes}. */
export function isPeopleScope(scope: string): boolean {
  return names.has(scope)
}
