import { generateKeyPair } from 'node:crypto'
import type { GeneratedKind } from '../signing.ts'

/**
 * A new private key as PKCS#8 PEM. node:crypto makes it off the event loop. In Bun, crypto.subtle makes RSA
 * keys on the event loop, and every request waits for a tenth of a second up to several seconds.
 */
export function generateKeyPem(kind: GeneratedKind, modulusLength: number): Promise<string> {
  const encodings = {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  } as const
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: string, pem: string) => (error ? reject(error) : resolve(pem))
    if (kind.kty === 'RSA') generateKeyPair('rsa', { modulusLength, ...encodings }, done)
    else if (kind.kty === 'EC') generateKeyPair('ec', { namedCurve: kind.crv ?? 'P-256', ...encodings }, done)
    else generateKeyPair('ed25519', encodings, done)
  })
}
