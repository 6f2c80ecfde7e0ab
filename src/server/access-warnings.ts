import type { Exposure } from '../exposure.ts'
import type { Log } from '../log.ts'
import type { Files } from '../platform/files.ts'
import { findOpenData } from '../storage/data-exposure.ts'
import type { StoragePlace } from '../storage/open.ts'

/** Warnings about files that other users can reach. */
export interface AccessWarnings {
  /** Warns about the first key only, because an fsGroup of Kubernetes exposes the keys of all tenants in the same way. */
  ofKey(exposure: Exposure): void
  ofData(place: StoragePlace, files: Files): Promise<void>
}

export function createAccessWarnings(log: Log): AccessWarnings {
  let isSaid = false
  return {
    ofKey({ path, complaint }) {
      if (isSaid) return
      isSaid = true
      log('warn', 'a private key is open to its group, and others may be', { file: path, reason: complaint })
    },
    async ofData(place, files) {
      if (place.kind !== 'sqlite') return
      for (const { path, complaint } of await findOpenData(place.path, files))
        log('warn', 'the database is open to other users', { file: path, reason: complaint })
    },
  }
}
