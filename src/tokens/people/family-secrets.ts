import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'

/**
 * The secrets of a family. A refresh token is `handle.secret`. The handle stays, and the secret changes with each use. The id of the family
 * is a digest of the handle, so an access token, whose jti begins with the id, gives nobody the handle. Only who has had a refresh token
 * can make it look reused.
 */

type Hash = Pick<Hashing, 'sha256' | 'hmacSha256'>

/** 132 bits. */
const shortCharacters = 22
const saltBytes = 32

/** The handle that comes of a code or another secret that is used once. */
export function handleOf(seed: string, hashing: Hash): string {
  return base64url(hashing.hmacSha256(encoder.encode(seed), 'refresh token')).slice(0, shortCharacters)
}

/** The id of the family of a handle. */
export function familyIdOfHandle(handle: string, hashing: Hash): string {
  return base64url(hashing.sha256(handle)).slice(0, shortCharacters)
}

/** The two parts of a refresh token. */
export interface RefreshTokenParts {
  readonly handle: string
  readonly secret: string
}

const refreshToken = /^([\w-]{22})\.([\w-]{43})$/

/** Undefined for a text that is no refresh token of ours. */
export function parseRefreshToken(text: string): RefreshTokenParts | undefined {
  const [, handle, secret] = refreshToken.exec(text) ?? []
  return handle === undefined || secret === undefined ? undefined : { handle, secret }
}

export function renderRefreshToken({ handle, secret }: RefreshTokenParts): string {
  return `${handle}.${secret}`
}

/** The part of a secret that the row keeps. */
export function hashOf(secret: string, hashing: Hash): string {
  return hashing.sha256(secret).toHex()
}

export function makeSalt(randomBytes: (count: number) => Uint8Array): string {
  return base64url(randomBytes(saltBytes))
}

/** A first secret: nothing gives it but chance. */
export const makeSecret = makeSalt

/** The secret that follows. Who has the secret and the row can make it again, and nobody with one of the two alone. */
export function nextSecret(secret: string, salt: string, hashing: Hash): string {
  return base64url(hashing.hmacSha256(encoder.encode(secret), salt))
}

const encoder = new TextEncoder()
