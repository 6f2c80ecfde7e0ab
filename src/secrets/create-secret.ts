import type { Platform } from '../platform/platform.ts'
import { generateSecret } from './generated-secret.ts'

/** A new secret and the hash that config.yaml holds of it. */
export function createSecret({ randomBytes, hashing }: Platform): { secret: string; hash: string } {
  const secret = generateSecret(randomBytes, hashing)
  return { secret, hash: `sha256:${hashing.sha256(secret).toHex()}` }
}
