export interface Hashing {
  sha256(data: string | Uint8Array): Uint8Array
  sha384(data: string): Uint8Array
  sha512(data: string): Uint8Array
  hmacSha256(key: Uint8Array, data: string): Uint8Array
  /** Compares in a time that depends only on the lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

export interface RunningHash {
  update(bytes: Uint8Array): void
  /** The hash of everything so far, in hex. It ends the hash. */
  finish(): string
}

export interface PasswordHash {
  /** Checks an argon2id or bcrypt hash off the event loop. */
  verify(secret: string | Uint8Array, hash: string): Promise<boolean>
  /** Makes an argon2id hash off the event loop. `memory` in KiB. */
  hash(secret: string, cost: { readonly memory: number; readonly passes: number }): Promise<string>
}
