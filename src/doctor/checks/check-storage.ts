import type { StorageError } from '../../storage/storage.ts'
import type { StorageFacts } from '../../storage/storage-facts.ts'
import { fault, ok, unknown, type Verdict, warning } from '../finding.ts'

/** Milliseconds of one small read. More makes every token slow. */
const bearable = { sqlite: 50, postgres: 20, memory: 50 }

/** The store: whether it is reached and takes writes, its schema, and how fast it answers. */
export function checkStorage(found: StorageFacts | StorageError): Verdict[] {
  if (found instanceof Error) return [fault(found.message)]
  const { kind, place, schema, known, latency } = found
  if (kind === 'memory')
    return [ok('storage is memory: what is issued and revoked ends with the process, as configured')]
  if (schema === null) return [unknown(`${place} has no database yet; the server makes it at its start`)]
  if (schema > known) {
    return [
      fault(
        `${place} has schema ${schema}, and this grantd knows ${known}: a newer grantd wrote it; run that one, or restore a backup from before it`,
      ),
    ]
  }
  const role = kind === 'postgres' ? 'a primary, ' : ''
  const time = latency === null ? '' : `, a read takes ${latency.toFixed(1)} ms`
  const state = `${place}: ${role}schema ${schema}${time}`
  if (schema < known) {
    return [
      warning(
        `${state}; this grantd makes it ${known} at its start, and older ones cannot use it then: make a backup first`,
      ),
    ]
  }
  if (latency !== null && latency > bearable[kind]) {
    return [
      warning(`${state}, wanted at most ${bearable[kind]} ms; look at its disk, its load and the way to it`),
    ]
  }
  return [ok(state)]
}
