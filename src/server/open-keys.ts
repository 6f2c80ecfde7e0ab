import type { Config } from '../config/schema.ts'
import { KeyError } from '../keys/key-plan.ts'
import type { Keyring } from '../keys/keyring.ts'
import { DamagedRowError } from '../storage/storage.ts'

/** With more tenants than this, the start opens no key. */
const mostAwaited = 32

/** The ids of the active tenants of the configuration. */
export function findActive({ tenants }: Config): string[] {
  return Object.entries(tenants).flatMap(([id, { active }]) => (active ? [id] : []))
}

/**
 * Opens the keys of the tenants, `atOnce` at the same time. Throws KeyError with every complaint, damaged rows of keyrings included.
 * With many tenants it opens no key, because ten thousand keys would keep every core busy for minutes. Then the first request of a
 * tenant opens its key. If that fails, the answer is 503 and the log says why.
 */
export async function openKeys(
  ids: readonly string[],
  { keyring, atOnce }: { keyring: Pick<Keyring, 'of'>; atOnce: number },
): Promise<void> {
  if (ids.length > mostAwaited) return
  const complaints: Error[] = []
  const waiting = [...ids]
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await keyring.of(id).catch((cause: unknown) => {
        if (!(cause instanceof KeyError) && !(cause instanceof DamagedRowError)) throw cause
        complaints.push(cause)
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (complaints.length > 0) throw new KeyError(complaints.map(({ message }) => message).join('\n'))
}
