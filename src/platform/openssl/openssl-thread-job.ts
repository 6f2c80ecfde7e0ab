import type { SharedKey } from './openssl-port.ts'

/** What a thread of openssl-threads.ts is told. */
export type ThreadMessage =
  /** The first message: the library in which the process has its keys. */
  { readonly path: string } | { readonly jobs: readonly ThreadJob[] }

export interface ThreadJob extends SharedKey {
  readonly id: number
  readonly data: Uint8Array
}

/** What a thread answers: at first, that it takes jobs. */
export type ThreadAnswer = 'ready' | readonly JobResult[]

export type JobResult =
  | { readonly id: number; readonly signature: Uint8Array }
  /** `reason`: of OpenSSL. */
  | { readonly id: number; readonly reason: string }
