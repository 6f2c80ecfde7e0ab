export const deviceCodeGrantType = 'urn:ietf:params:oauth:grant-type:device_code'

/**
 * The names of the grants, one per line. config.yaml, its JSON Schema, the rows of clients and the admin API take them from here,
 * because they may not import the grants. The compiler requires a row of grants/grant-table.ts for each.
 */
export const grantTypes = [
  // RFC 6749 section 4.4
  'client_credentials',
  // RFC 6749 section 4.1
  'authorization_code',
  // RFC 6749 section 6
  'refresh_token',
  // RFC 8628 section 3.4
  deviceCodeGrantType,
] as const

export type GrantType = (typeof grantTypes)[number]

/** The grants with which a client signs people in. */
const signInTypes: ReadonlySet<string> = new Set<GrantType>(['authorization_code', deviceCodeGrantType])

/** Whether a client with these grants signs people in. */
export function signsPeopleIn(types: readonly string[]): boolean {
  return types.some((type) => signInTypes.has(type))
}
