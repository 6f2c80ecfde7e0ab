import { base64url } from '../protocol/base64url.ts'
/** What the cookie of a session holds: its id and a secret, of which the database has the digest alone. */
export interface SessionCookie {
  /** 22 characters of base64url. */
  readonly sid: string
  /** 43 characters of base64url, 256 random bits. */
  readonly secret: string
}

/** Makes the content of a new cookie. `cookie` is its text. */
export function makeCookie({
  randomBytes,
}: {
  randomBytes: (count: number) => Uint8Array
}): SessionCookie & { readonly cookie: string } {
  const sid = base64url(randomBytes(16))
  const secret = base64url(randomBytes(32))
  return { sid, secret, cookie: `${sid}.${secret}` }
}

const shape = /^([\w-]{22})\.([\w-]{43})$/

/** Reads the text of a cookie; undefined for every text that {@link makeCookie} cannot have made. */
export function parseCookie(text: string): SessionCookie | undefined {
  const [, sid, secret] = shape.exec(text) ?? []
  return sid !== undefined && secret !== undefined ? { sid, secret } : undefined
}
