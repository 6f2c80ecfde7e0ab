import type { Config } from '../config/schema.ts'
import { KeyFileError } from '../keys/key-file.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Log, renderCause } from '../log.ts'

/** With more tenants than this, the start does not wait for their keys. */
const mostAwaited = 32

interface OpenKeysOptions {
  readonly keyring: Keyring
  readonly log: Log
  readonly atOnce: number
}

/**
 * Opens the keys of the active tenants, some at once. With few tenants it waits, and throws KeyFileError with every
 * complaint; with many it goes on by itself, a tenant's first request waits, and complaints go to the log.
 */
export async function openKeys(config: Config, { keyring, log, atOnce }: OpenKeysOptions): Promise<void> {
  const ids = Object.entries(config.tenants).flatMap(([id, { active }]) => (active ? [id] : []))
  if (ids.length <= mostAwaited) {
    const complaints = await openAll(ids, keyring, atOnce)
    if (complaints.length > 0) throw new KeyFileError(complaints.map(({ message }) => message).join('\n'))
    return
  }
  void openAll(ids, keyring, atOnce).then(
    (complaints) => {
      for (const { message } of complaints) log('error', message)
    },
    (cause) => log('error', 'opening keys stopped', { reason: renderCause(cause) }),
  )
}

async function openAll(ids: readonly string[], keyring: Keyring, atOnce: number): Promise<KeyFileError[]> {
  const complaints: KeyFileError[] = []
  const waiting = [...ids]
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await keyring.of(id).catch((cause: unknown) => {
        if (!(cause instanceof KeyFileError)) throw cause
        complaints.push(cause)
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return complaints
}
