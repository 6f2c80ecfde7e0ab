import type { Hashing } from '../platform/hashing.ts'
import { generateSecret } from '../secrets/generated-secret.ts'
import type { StoredClient } from './client.ts'

/** A secret, which is shown once, and what a row keeps of it. */
export interface MadeSecret {
  readonly stored: StoredClient['secrets'][number]
  readonly secret: string
}

interface SecretDeps {
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** Makes a secret of 256 bits and what a row keeps of it. Without an id, it gets a random one. */
export function makeSecret(id: string | undefined, { randomBytes, hashing, now }: SecretDeps): MadeSecret {
  const secret = generateSecret(randomBytes, hashing)
  const hash = `sha256:${hashing.sha256(secret).toHex()}`
  const times = { created_at: now(), not_before: null, expires_at: null }
  return { secret, stored: { id: id ?? randomBytes(4).toHex(), hash, ...times } }
}
