import { nameIn, OAuthError } from '../../protocol/errors.ts'
import { named, oneOf, quoted, uriText } from '../../protocol/finding-words.ts'
import { isPeopleScope } from '../../protocol/people/people-scopes.ts'
import { isReservedScope } from '../../protocol/reserved-scopes.ts'
import { isEntitled } from '../audience.ts'
import type { TokenOwner } from '../token-owner.ts'
import type { PersonGrant } from './person-grant.ts'

/**
 * Whether a person can allow this client the scope now: one of the client's, or one of {@link isPeopleScope}. Scopes that manage grantd are
 * for clients alone, because otherwise everybody who signs in would be an admin.
 */
export function mayAllowScope(
  scope: string,
  { tenant, client }: Pick<TokenOwner, 'tenant' | 'client'>,
): boolean {
  if (!tenant.oidc || isReservedScope(scope)) return false
  return isPeopleScope(scope) || client.scopes.includes(scope)
}

/** What a token request asks for. */
export interface Asked {
  /** Undefined: the request has no `scope`, and gets all scopes. */
  readonly scopes?: readonly string[]
  /** The values of `resource`. Empty: the request has none, and gets the whole audience. */
  readonly resources: readonly string[]
}

/**
 * The scopes and the audience of the tokens of one request: what the person allowed, as far as the client still has it, narrowed to what
 * the request asks for (RFC 6749 section 6, RFC 8707 section 2.2). Throws `invalid_scope` and `invalid_target` for more than that.
 */
export function narrowGrant(
  grant: Pick<PersonGrant, 'scopes' | 'audience'>,
  asked: Asked,
  owner: TokenOwner,
): { readonly scopes: readonly string[]; readonly audience: readonly string[] } {
  const scopes = grant.scopes.filter((scope) => mayAllowScope(scope, owner))
  const audience = grant.audience.filter((each) => isEntitled(each, owner))
  checkInside(asked.scopes ?? [], scopes, {
    show: (scope) => named(scope, [...grant.scopes, ...owner.client.scopes]),
    code: 'invalid_scope',
    sentence: 'The scope is not one that the person allowed',
  })
  checkInside(asked.resources, audience, {
    show: uriText,
    code: 'invalid_target',
    sentence: 'The resource is not one that the person allowed',
  })
  if (audience.length === 0)
    throw new OAuthError('invalid_target', 'The client may not use this API any more', {
      finding: {
        check: 'audience of the sign-in',
        saw: `${quoted(grant.audience)}, and the client may have none of it now`,
        wanted: 'a new sign-in, or these among the resources of the client',
      },
    })
  return {
    scopes: asked.scopes ?? scopes,
    audience: asked.resources.length === 0 ? audience : [...new Set(asked.resources)],
  }
}

interface InsideRule {
  readonly code: 'invalid_scope' | 'invalid_target'
  readonly sentence: string
  /** How the value of the request is shown to operators. */
  readonly show: (value: string) => string
}

function checkInside(
  asked: readonly string[],
  allowed: readonly string[],
  { code, sentence, show }: InsideRule,
): void {
  const refused = asked.find((each) => !allowed.includes(each))
  if (refused === undefined) return
  const finding = {
    check: code === 'invalid_scope' ? 'scope that the person allowed' : 'resource that the person allowed',
    ...{ saw: show(refused), wanted: `${oneOf(allowed)}, which the client may have now` },
  }
  throw new OAuthError(code, nameIn(sentence, refused), { finding })
}
