import type { Platform } from '../platform/platform.ts'
import { generateSecret } from './generated-secret.ts'

/** Makes a new secret and its hash for config.yaml. */
export function createSecret({ randomBytes, hashing }: Platform): { secret: string; hash: string } {
  const secret = generateSecret(randomBytes, hashing)
  return { secret, hash: `sha256:${hashing.sha256(secret).toHex()}` }
}
