import { type Members, membersOf, parseJson } from '../../protocol/members.ts'
import { renderPbkdf2 } from '../../protocol/password/password-hash.ts'
import { findAttributeFaults } from '../../protocol/people/person-attributes.ts'
import { claimName } from '../../protocol/static-claims.ts'

/** Whether the object is a user of an export of Keycloak, whose names are in camel case. */
export function isKeycloakUser(value: Members): boolean {
  return ['id', 'username', 'credentials', 'emailVerified', 'enabled', 'firstName', 'lastName'].some((name) =>
    Object.hasOwn(value, name),
  )
}

/**
 * Returns a user of an export of Keycloak in our form. `id` becomes `sub`, so that other systems know the person by the same id. A hash
 * of an algorithm that is not known here, and attributes that no person can have, are left out.
 */
export function fromKeycloak(user: Members): Members {
  const { id, username, email, emailVerified, enabled, firstName, lastName, groups } = user
  const names = [firstName, lastName].filter((name) => typeof name === 'string' && name !== '')
  const password_hash = findHash(user['credentials'])
  return {
    ...(id !== undefined && { sub: id }),
    ...(email !== undefined && { email }),
    // What is no boolean is refused when the person is made.
    ...(emailVerified !== undefined && emailVerified !== null && { email_verified: emailVerified }),
    ...(names.length > 0 && { name: names.join(' ') }),
    ...(enabled !== undefined && enabled !== null && { active: enabled }),
    ...(Array.isArray(groups) && { groups: groups.map(groupName) }),
    attributes: attributesOf({
      given_name: firstName,
      family_name: lastName,
      preferred_username: username,
      ...membersOf(user['attributes']),
    }),
    ...(password_hash !== undefined && { password_hash }),
  }
}

/** A group is a path, such as /staff/admins. */
function groupName(group: unknown): unknown {
  return typeof group === 'string' ? group.replace(/^\//, '') : group
}

/** Each attribute is a list, mostly of one value. */
function attributesOf(attributes: Members): Members {
  const values = Object.entries(attributes).map(([name, value]) => {
    const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
    return [name, single] as const
  })
  const kept = values.filter(
    ([name, value]) =>
      value !== undefined &&
      value !== null &&
      value !== '' &&
      claimName.test(name) &&
      findAttributeFaults({ [name]: value }).length === 0,
  )
  return Object.fromEntries(kept)
}

/** Whether the user has a password whose hash is of an algorithm that is not known here. */
export function losesPassword({ credentials }: Members): boolean {
  const hasPassword =
    Array.isArray(credentials) && credentials.some((each) => membersOf(each)['type'] === 'password')
  return hasPassword && findHash(credentials) === undefined
}

/** The hash of the first password among the credentials. */
function findHash(credentials: unknown): string | undefined {
  if (!Array.isArray(credentials)) return undefined
  const password = credentials.map(membersOf).find(({ type }) => type === 'password')
  return (
    password &&
    hashOf(membersOf(parseJson(password['credentialData'])), membersOf(parseJson(password['secretData'])))
  )
}

/** Algorithms that people of Keycloak have: PBKDF2 by default until version 24, argon2 since then. */
const pbkdf2Digests = new Map<unknown, 'SHA-1' | 'SHA-256' | 'SHA-512'>([
  ['pbkdf2', 'SHA-1'],
  ['pbkdf2-sha256', 'SHA-256'],
  ['pbkdf2-sha512', 'SHA-512'],
])

function hashOf(data: Members, secret: Members): string | undefined {
  const { algorithm, hashIterations: iterations } = data
  const [salt, hash] = [bytesOf(secret['salt']), bytesOf(secret['value'])]
  if (typeof iterations !== 'number' || !salt || !hash) return undefined
  const digest = pbkdf2Digests.get(algorithm)
  if (digest) return renderPbkdf2({ digest, iterations, salt, hash })
  return algorithm === 'argon2' ? argon2Of(data, { iterations, salt, hash }) : undefined
}

function argon2Of(
  data: Members,
  { iterations, salt, hash }: { iterations: number; salt: Uint8Array; hash: Uint8Array },
): string | undefined {
  const parameters = membersOf(data['additionalParameters'])
  const first = (name: string): unknown => {
    const list = parameters[name]
    return Array.isArray(list) ? list[0] : undefined
  }
  if (first('type') !== 'id' || first('version') !== '1.3') return undefined
  const base64 = (bytes: Uint8Array) => bytes.toBase64({ omitPadding: true })
  const cost = `m=${first('memory')},t=${iterations},p=${first('parallelism')}`
  return `$argon2id$v=19$${cost}$${base64(salt)}$${base64(hash)}`
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    return typeof value === 'string' ? Uint8Array.fromBase64(value) : undefined
  } catch {
    return undefined
  }
}
