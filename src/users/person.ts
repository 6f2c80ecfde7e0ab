/**
 * A person of a tenant: of config.yaml (`configured`) or of the storage. It says what is true at one moment; ask for it again before you
 * rely on it.
 */
export interface Person {
  /** The subject identifier of OpenID Connect Core section 2: stable, opaque, and never the e-mail address. */
  readonly sub: string
  /** The name of the person in `users:` of config.yaml; null: of the storage. */
  readonly key: string | null
  /** Whether config.yaml defines the person, who is then read-only. */
  readonly configured: boolean
  /** As it was written. Compare addresses with {@link normalEmail}. */
  readonly email: string | null
  readonly email_verified: boolean
  /** The full name. */
  readonly name: string | null
  /** An inactive person cannot sign in, and nothing that the person got works. */
  readonly active: boolean
  readonly groups: readonly string[]
  /** More facts for claims. They may have the names of standard claims. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** The text of a hash, see protocol/password/password-hash.ts; null: the person cannot sign in with a password. */
  readonly passwordHash: string | null
  /** Milliseconds since the epoch; null: of config.yaml. */
  readonly createdAt: number | null
  /** Milliseconds since the epoch; null: of config.yaml. */
  readonly updatedAt: number | null
}
