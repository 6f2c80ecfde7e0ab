import type { Storage } from '../storage/storage.ts'
import type { KeyHost } from './key-host.ts'
import type { KeyMaterial, OpenedKey } from './key-material.ts'
import type { KeyPlan } from './key-plan.ts'
import type { KeyEvent } from './ring/key-event.ts'

export interface KeyringOptions {
  /** Returns undefined if the tenant does not exist. */
  readonly findPlan: (tenantId: string) => KeyPlan | undefined | Promise<KeyPlan | undefined>
  /** See KeyPlace.folder. Also works for tenants that do not exist. */
  readonly folderOf: (tenantId: string) => string | null
  readonly storage: Storage
  readonly material: KeyMaterial
  readonly host: KeyHost
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** See Platform.monotonic. */
  readonly monotonic: () => number
  /** The longest life of a token of the tenant under the current configuration, in milliseconds; null: for ever. */
  readonly longestTokenLife: (tenantId: string) => Promise<number | null>
  /** Keys that are opened at once; default 1. */
  readonly atOnce?: number
  readonly onOpened?: (plan: KeyPlan, opened: OpenedKey) => void
  readonly onEvent?: (event: KeyEvent) => void
}
