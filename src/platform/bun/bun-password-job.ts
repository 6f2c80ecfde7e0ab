/** What a thread of bun-passwords.ts is asked, and what it answers. */

export type PasswordJob =
  | { readonly kind: 'verify'; readonly secret: string | Uint8Array; readonly hash: string }
  | { readonly kind: 'hash'; readonly secret: string; readonly options: Bun.Password.Argon2Algorithm }

export type PasswordAnswer =
  /** The first message: it has its priority, and takes jobs. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'verified'; readonly isRight: boolean }
  | { readonly kind: 'hashed'; readonly hash: string }
  /** The runtime has thrown. The caller does the job itself, to get the error. */
  | { readonly kind: 'failed' }

/** The nice value (setpriority(2)): a tenth of the processor if others want all of it. */
export const threadPriority = 10
