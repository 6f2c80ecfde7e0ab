import type { NewRecord, Records, StoredRecord } from './storage.ts'

/** An attempt returns this when another process changed the row since it was read. */
export const lost = Symbol('lost')

/**
 * Repeats `attempt`, which reads a row and writes it by its version, until its result is not `lost`. Returns the result. There is no limit, because
 * an attempt is lost only if another process succeeds.
 */
export async function untilWritten<R>(attempt: () => Promise<R | typeof lost>): Promise<R> {
  for (;;) {
    const outcome = await attempt()
    if (outcome !== lost) return outcome
  }
}

/** Replaces the row that was found, or creates it if none was. Returns false if the row has changed since. */
export function writeOver<T>(
  records: Pick<Records<T>, 'create' | 'replace'>,
  found: Pick<StoredRecord<T>, 'version'> | undefined,
  { id, value, expiresAt }: Pick<NewRecord<T>, 'id' | 'value' | 'expiresAt'>,
): Promise<boolean> {
  const expiry = expiresAt !== undefined && { expiresAt }
  return found
    ? records.replace(id, value, { ifVersion: found.version, ...expiry })
    : records.create({ id, value, ...expiry })
}
