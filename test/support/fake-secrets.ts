import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { PasswordHash } from '../../src/platform/hashing.ts'
import { SecretChecker } from '../../src/secrets/secret-checker.ts'

export const { hashing } = bunPlatform()

/** A slow hash in name only: `$fake$<secret>` is the hash of `<secret>`. Counts what it is asked. */
export class FakePasswordHash implements Pick<PasswordHash, 'verify'> {
  readonly asked: string[] = []
  running = 0
  mostRunning = 0
  /** Every check waits for this. */
  until: Promise<void> = Promise.resolve()

  async verify(secret: string, hash: string): Promise<boolean> {
    this.asked.push(`${secret} ${hash}`)
    this.running++
    this.mostRunning = Math.max(this.mostRunning, this.running)
    await this.until
    this.running--
    return hash === `$fake$${secret}`
  }
}

export function checkerWith(
  passwordHash: Pick<PasswordHash, 'verify'> | undefined,
  { atOnce = 2, memoryKey = new Uint8Array(32) }: { atOnce?: number; memoryKey?: Uint8Array } = {},
): SecretChecker {
  return new SecretChecker({ hashing, passwordHash, atOnce, memoryKey, monotonic: () => 0 })
}
