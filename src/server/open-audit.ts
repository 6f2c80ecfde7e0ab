import { AuditLog, type AuditLogOptions } from '../audit/audit-log.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { Storage } from '../storage/storage.ts'

export interface OpenAuditOptions extends Pick<AuditLogOptions, 'isBusy'> {
  readonly platform: Platform
  readonly storage: Storage
  /** Logs that events cannot be written. */
  readonly log: Log
}

/** The audit log of a configuration, for a server and for a command. A storage in memory keeps no trail, because it would only grow. */
export function openAudit(
  loaded: Pick<LoadedConfig, 'config'>,
  { platform, storage, ...rest }: OpenAuditOptions,
): AuditLog {
  return new AuditLog({
    ...platform,
    ...rest,
    storage,
    // The settings of the configuration in force: a reload may change them.
    get skip() {
      return loaded.config.audit.skip
    },
    get enabled() {
      return loaded.config.audit.enabled && storage.name !== 'memory'
    },
    get retainSeconds() {
      return loaded.config.audit.retain
    },
  })
}
