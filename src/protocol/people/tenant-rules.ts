import { isReservedClaim } from '../static-claims.ts'
import { isPeopleScope } from './people-scopes.ts'

/** The settings of a tenant that the rules concern. A value that is undefined has a fault of its own, and breaks no rule. */
export interface RuledOpenid {
  readonly claims?: Readonly<Record<string, readonly (string | undefined)[] | undefined>> | undefined
  readonly access_token_claims?: readonly (string | undefined)[] | undefined
}

export interface OpenidFault {
  /** The names and the index that lead to the value, from `oidc`. */
  readonly path: readonly (string | number)[]
  /** The fault, as a predicate after the path. */
  readonly message: string
}

/** Claims of a sign-in that access tokens can carry; any other name is that of an attribute. */
const signInClaims: ReadonlySet<string> = new Set(['auth_time', 'acr', 'amr', 'groups', 'sid'])

const reservedName = 'is a name that grantd or a standard uses itself'

/**
 * Finds the faults of `oidc`, for config.yaml and the admin API alike. `isDeclared` tells whether a scope is one of `oauth2.scopes`; a
 * claim of any other scope could never be asked for.
 */
export function findOpenidFaults(
  { claims, access_token_claims }: RuledOpenid,
  isDeclared: (scope: string) => boolean,
): OpenidFault[] {
  const byScope = Object.entries(claims ?? {})
  const unknown = byScope
    .filter(([scope]) => !isPeopleScope(scope) && !isDeclared(scope))
    .map(([scope]) => ({
      path: ['claims', scope],
      message:
        'is a scope that nobody can ask for: wanted one of oauth2.scopes, or of those of OpenID Connect',
    }))
  const broken = byScope.flatMap(([scope, names]) =>
    findReserved(names ?? [], new Set()).map((index) => ({
      path: ['claims', scope, index],
      message: reservedName,
    })),
  )
  const tokens = findReserved(access_token_claims ?? [], signInClaims).map((index) => ({
    path: ['access_token_claims', index],
    message: reservedName,
  }))
  return [...unknown, ...broken, ...tokens]
}

/** The places of reserved names. */
function findReserved(names: readonly (string | undefined)[], allowed: ReadonlySet<string>): number[] {
  return names.flatMap((name, index) =>
    name !== undefined && isReservedClaim(name) && !allowed.has(name) ? [index] : [],
  )
}
