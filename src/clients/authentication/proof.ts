/**
 * The credential that proved who a client is, for the log, the audit trail and the time of its last use. It has the id of the credential
 * and no part of its value.
 */
export type Proof =
  | {
      readonly kind: 'secret'
      /** The id of the secret. */
      readonly id: string
    }
  | {
      readonly kind: 'key'
      /** The kid of the key, or its RFC 7638 thumbprint if it has none. */
      readonly id: string
    }
  | {
      /** A public client, which proves nothing: anybody may have sent the request. */
      readonly kind: 'none'
      readonly id: ''
    }
