import type { Finding } from '../../protocol/errors.ts'
import type { SecretChecker } from '../../secrets/secret-checker.ts'
import type { Client, Credentials } from '../client.ts'
import type { TenantClients } from '../client-registry.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { AssertionFault } from './assertion-claims.ts'
import type { ClientAttempt } from './client-attempt.ts'
import type { Proof } from './proof.ts'
import type { UsedAssertionsDeps } from './used-assertions.ts'

/** The check that failed. Only the log and the audit trail show it. */
export type FailedCheck =
  | 'unknown_client'
  | 'client_inactive'
  | 'other_method'
  | 'wrong_secret'
  | 'secret_expired'
  | 'secret_not_valid_yet'
  | AssertionFault
  | 'unknown_key'
  | 'wrong_signature'
  | 'assertion_replayed'

/** The dependencies of a check of credentials. */
export interface CheckDeps {
  readonly clients: TenantClients
  readonly secrets: SecretChecker
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Returns the signal that tells when the client closes the connection. */
  readonly findSignal?: () => AbortSignal
  /** Called with the client that the request claims to be from, if this client exists. */
  readonly onClaimed?: (client: Client) => void
  readonly tenantId: string
  /** Called only for a request with an assertion. */
  readonly findAssertionDeps: () => AssertionDeps
  readonly attempt: ClientAttempt
}

/** The further dependencies of the check of an assertion. */
export interface AssertionDeps extends UsedAssertionsDeps {
  /** The audiences that an assertion may have: the issuer and the token endpoint of the tenant. */
  readonly audiences: readonly string[]
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: number
}

/** The client to check credentials against, or a dummy in its place. */
export interface CheckedClient extends Credentials {
  /** False: the check does all of its work, but the attempt always fails. */
  readonly isUsable: boolean
}

/** The credentials of one request. They are checked against one client after the other. */
export interface CredentialCheck {
  /** The reason of a failure if {@link explain} knows no better one. */
  readonly failure: FailedCheck
  /** Whether a check is so fast that a check against a dummy can always come first. */
  isQuick(client: CheckedClient): boolean
  /** Returns the proof; undefined if the credentials are not those of the client. Throws if the attempt has to wait. */
  findProof(client: CheckedClient): MaybePromise<Proof | undefined>
  /** Like {@link findProof}, right after a check against another client, so it does not ask again whether the attempt has to wait. */
  findProofAfter(client: CheckedClient): MaybePromise<Proof | undefined>
  /**
   * Returns why there is no proof; undefined if that is not known. It is called at every failure, so that its time does not tell one client
   * from another.
   */
  explain(client: CheckedClient): MaybePromise<FailedCheck | undefined>
  /** What `grantd explain` says of a failure for which this check alone has the facts. */
  describe?(failed: FailedCheck, client: Client): Finding
  /** Does the work of {@link findProofAfter} and {@link explain} only to take the same time. */
  workInVain(client: CheckedClient): Promise<void>
  /**
   * Uses up credentials that count only once, after they proved an active client. Returns the reason of the failure if they were used
   * before. A check without this method has credentials that can be used again. Throws StorageError.
   */
  consume?(): Promise<FailedCheck | undefined>
}
