import type { SharedKey } from './openssl-port.ts'

/** What a thread of openssl-threads.ts is told. */
export type ThreadMessage =
  /** The first message: the library in which the process has its keys. */
  { readonly path: string } | { readonly jobs: readonly ThreadJob[] }

export interface ThreadJob extends SharedKey {
  readonly id: number
  readonly data: Uint8Array
}

/** What a thread answers. */
export type ThreadAnswer =
  /** The first answer: it takes jobs. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'signed'; readonly id: number; readonly signature: Uint8Array }
  /** `reason`: of OpenSSL. */
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
