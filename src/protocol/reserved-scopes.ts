/**
 * Scopes that this server itself requires. No tenant declares them. A client has them only if its `scopes` name them, and gets them only
 * if the request names them: they are in no default. A token with one of them is for the issuer; see tokens/audience.ts.
 */
export const reservedScopes = {
  /** Make, list, rotate and revoke API keys: those of the client itself. */
  manageApiKeys: 'api-keys:manage',
  /** List and revoke the API keys of every client of the tenant. An API key never has it. */
  manageAllApiKeys: 'api-keys:manage:all',
  /** The admin API. An API key never has it. */
  admin: 'grantd:admin',
} as const

const reserved: ReadonlySet<string> = new Set(Object.values(reservedScopes))

export function isReservedScope(scope: string): boolean {
  return reserved.has(scope)
}
