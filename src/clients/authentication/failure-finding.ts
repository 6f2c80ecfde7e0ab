import { type AuthenticationMethodName, defaultMethodNames } from '../../protocol/client-authentication.ts'
import type { Finding } from '../../protocol/errors.ts'
import { momentText, oneOf } from '../../protocol/finding-words.ts'
import { type Client, type ClientSecret, validSecrets } from '../client.ts'
import type { CredentialCheck, FailedCheck } from './credential-check.ts'

/** A failure of client authentication, and what is known about it. */
export interface KnownFailure {
  readonly failed: FailedCheck
  readonly method: AuthenticationMethodName
  readonly check: CredentialCheck
  /** The client that the request claims to be from; undefined: there is none. */
  readonly client: Client | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What `grantd explain` says of a failure. Only operators see it: the answer does not tell one failure from another. */
export function findFailure({ failed, method, check, client, now }: KnownFailure): Finding {
  if (failed === 'unknown_client' || !client)
    return { check: 'client', saw: 'no client of the tenant has the client_id', wanted: 'the id of a client' }
  if (failed === 'other_method') return otherMethod(client, method)
  if (failed === 'client_inactive') {
    const saw =
      method === 'none'
        ? 'the client is not active or is not public'
        : 'the credentials are right, and the client is not active'
    return { check: 'client is active', saw, wanted: 'a client with active: true' }
  }
  if (failed === 'secret_expired' || failed === 'secret_not_valid_yet')
    return secretOutOfTime(client.secrets, failed, now)
  return check.describe?.(failed, client) ?? { check: failed }
}

function otherMethod({ token_endpoint_auth_method: registered }: Client, method: string): Finding {
  const wanted = registered === null ? oneOf(defaultMethodNames) : registered
  return {
    check: 'authentication method',
    saw: method === 'none' ? 'none: the request has no credentials' : method,
    wanted: `${wanted}, as token_endpoint_auth_method of the client says`,
  }
}

function secretOutOfTime(secrets: readonly ClientSecret[], failed: FailedCheck, now: number): Finding {
  const isExpired = failed === 'secret_expired'
  const saw = secrets
    .flatMap(({ id, notBefore, expiresAt }) => {
      const at = isExpired ? expiresAt : notBefore
      const isOne = at !== null && (isExpired ? at <= now : now < at)
      return isOne ? [`${id} (${momentText(at, now)})`] : []
    })
    .join(', ')
  return {
    check: isExpired ? 'secret has not expired' : 'secret is valid already',
    saw: `a secret that ${isExpired ? 'expired' : 'is not valid yet'}, of: ${saw}`,
    wanted: `a secret that is valid now${renderValid(secrets, now)}`,
  }
}

function renderValid(secrets: readonly ClientSecret[], now: number): string {
  const valid = validSecrets(secrets, now)
  return valid.length === 0 ? ', and the client has none' : `: ${valid.map(({ id }) => id).join(', ')}`
}
