import { type Members, membersOf } from '../protocol/members.ts'
import { parsePasswordHash } from '../protocol/password/password-hash.ts'
import { listOf, lostPassword, textOf } from './foreign.ts'

/** Whether an object of a list is a user. A client has a client_id. */
export function isAuth0User(value: Members): boolean {
  const isClient = Object.hasOwn(value, 'client_id')
  return (
    !isClient &&
    ['email', 'identifiers', 'user_id', 'passwordHash'].some((name) => Object.hasOwn(value, name))
  )
}

/** A person in our form, and what was lost on the way. */
export interface ReadUser {
  readonly person: Members
  readonly lost: readonly string[]
}

/**
 * Reads a user of an export, of the Management API or of a file for the import of Auth0. The id that tokens of Auth0 had becomes the sub.
 */
export function readAuth0User(user: Members): ReadUser {
  const { email, isVerified } = findEmail(user)
  const hash = findHash(user)
  const isKnown =
    hash !== undefined && parsePasswordHash(hash)?.kind !== undefined && !hash.startsWith('sha256:')
  const metadata = ['user_metadata', 'app_metadata'].filter(
    (name) => Object.keys(membersOf(user[name])).length > 0,
  )
  const sub = findSub(user)
  const name = textOf(user['name'])
  const attributes = Object.entries({
    given_name: user['given_name'],
    family_name: user['family_name'],
    nickname: user['nickname'],
    preferred_username: user['username'],
    picture: user['picture'],
  }).filter(([, value]) => textOf(value) !== undefined)
  return {
    person: {
      ...(sub !== undefined && { sub }),
      email,
      // What is no boolean is refused when the person is made.
      ...(isVerified !== undefined && isVerified !== null && { email_verified: isVerified }),
      // Auth0 takes the e-mail address where a person has no name.
      ...(name !== undefined && name !== email && { name }),
      active: isActive(user['blocked']),
      attributes: Object.fromEntries(attributes),
      ...(isKnown && { password_hash: hash }),
    },
    lost: [
      ...(hash !== undefined && !isKnown ? [lostPassword] : []),
      ...metadata.map(
        (each) => `${each}: there is no such thing here; write what tokens need into attributes`,
      ),
    ],
  }
}

/** Anything but a boolean is passed on, and refused when the person is made, so that nobody is let in by a typing error. */
function isActive(blocked: unknown): unknown {
  return typeof blocked === 'boolean' ? !blocked : (blocked ?? true)
}

function findEmail(user: Members): { readonly email: unknown; readonly isVerified: unknown } {
  const other = listOf(user['identifiers'])
    .map(membersOf)
    .find(({ type }) => type === 'email')
  const isVerified = user['email_verified'] ?? other?.['verified']
  return {
    email: user['email'] ?? other?.['value'],
    isVerified,
  }
}

/** Tokens of Auth0 have the name of the kind of the connection before the id. */
function findSub(user: Members): string | undefined {
  const id = textOf(user['user_id']) ?? textOf(user['alt_id']) ?? textOf(membersOf(user['_id'])['$oid'])
  return id === undefined || id.includes('|') ? id : `auth0|${id}`
}

function findHash(user: Members): string | undefined {
  const custom = membersOf(membersOf(user['custom_password_hash'])['hash'])
  return textOf(user['passwordHash']) ?? textOf(user['password_hash']) ?? textOf(custom['value'])
}
