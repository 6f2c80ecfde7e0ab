import * as jose from 'jose'
import type { PublicJwk } from '../protocol/messages.ts'

/** A public key as SubjectPublicKeyInfo in PEM (RFC 7468 section 13), with a line end. */
export async function renderPublicPem(jwk: PublicJwk): Promise<string> {
  const key = await jose.importJWK(jwk, jwk.alg, { extractable: true })
  if (key instanceof Uint8Array) throw new TypeError('A public key is no list of bytes')
  return `${(await jose.exportSPKI(key)).trimEnd()}\n`
}
