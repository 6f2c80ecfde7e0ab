import { type Pbkdf2Hash, renderPbkdf2 } from '../protocol/password/password-hash.ts'

/** OWASP's least number for SHA-512. */
const iterations = 210_000

/** Bytes of a new hash: those of SHA-512. */
const length = 64

export const pbkdf2Cost = `$pbkdf2-sha512$i=${iterations},l=${length}`

/** Whether the password has this hash. Runs off the event loop, on every runtime. */
export async function verifyPbkdf2(
  password: string,
  { hash, ...parameters }: Pbkdf2Hash,
  equal: (a: Uint8Array, b: Uint8Array) => boolean,
): Promise<boolean> {
  return equal(await derive(password, { ...parameters, length: hash.length }), hash)
}

/** Hashes a new password, for a runtime without argon2id. */
export async function hashPbkdf2(password: string, salt: Uint8Array<ArrayBuffer>): Promise<string> {
  const parameters = { digest: 'SHA-512', iterations, salt } as const
  return renderPbkdf2({ ...parameters, hash: await derive(password, { ...parameters, length }) })
}

async function derive(
  password: string,
  {
    digest,
    iterations,
    salt,
    length,
  }: Pick<Pbkdf2Hash, 'digest' | 'iterations' | 'salt'> & { length: number },
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password)
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits'])
  const algorithm = { name: 'PBKDF2', hash: digest, salt, iterations }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8))
}
