/**
 * What proved who a client is, for the log, the audit trail and the time of its last use. It names the credential and holds nothing
 * of it.
 */
export type Proof =
  | {
      readonly kind: 'secret'
      /** The id of the secret. */
      readonly id: string
    }
  | {
      readonly kind: 'key'
      /** The kid of the key, or its RFC 7638 thumbprint where it has none. */
      readonly id: string
    }
