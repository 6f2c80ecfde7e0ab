import { OAuthError } from '../../protocol/errors.ts'
import { isMembers } from '../../protocol/members.ts'
import type { NewPerson } from '../stored-people.ts'
import { fromKeycloak, isKeycloakUser } from './keycloak-user.ts'

/**
 * Reads a person of an import: `email` and the other settings of `users`, and `sub` and `password_hash` if there are any; or a user of an
 * export of Keycloak. The settings are checked when the person is made. Throws `invalid_request`.
 */
export function readImported(value: unknown): NewPerson {
  if (!isMembers(value)) throw new OAuthError('invalid_request', 'It is no JSON object')
  const { sub, password_hash, ...patch } = isKeycloakUser(value) ? fromKeycloak(value) : value
  return { patch, sub: textOf('sub', sub), passwordHash: textOf('password_hash', password_hash) }
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new OAuthError('invalid_request', `The field ${name} is malformed`)
}
