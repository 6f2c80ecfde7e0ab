import { generateKeyPair } from 'node:crypto'
import type { GeneratedKind } from '../signing.ts'

/**
 * A new private key as PKCS#8 PEM. Made by node:crypto off the event loop: crypto.subtle makes RSA keys on it in Bun,
 * and every request waits for a tenth of a second, or for whole ones.
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
