import type { SecretChecker } from '../../secrets/secret-checker.ts'
import type { Client } from '../client.ts'
import type { TenantClients } from '../client-registry.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { AssertionFault } from './assertion-claims.ts'
import type { ClientAttempt } from './client-attempt.ts'
import type { Proof } from './proof.ts'
import type { UsedAssertionsDeps } from './used-assertions.ts'

/** Which check failed: for the log and the audit trail alone. */
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

/** What a check of credentials works with. */
export interface CheckDeps {
  readonly clients: TenantClients
  readonly secrets: SecretChecker
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Returns the signal that tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Called with the client that the request claims to be from, when there is such a client. */
  readonly onClaimed?: (client: Client) => void
  readonly tenantId: string
  /** Asked only where a request has an assertion. */
  readonly findAssertionDeps: () => AssertionDeps
  readonly attempt: ClientAttempt
}

/** What the check of an assertion needs besides. */
export interface AssertionDeps extends UsedAssertionsDeps {
  /** What an assertion may be for: the issuer and the token endpoint of the tenant. */
  readonly audiences: readonly string[]
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: number
}

/** What credentials are checked against: a client, or dummies in the place of one. */
export interface CheckedClient extends Pick<Client, 'secrets' | 'jwks'> {
  /** False: the check does all of its work, and the attempt fails whatever it finds. */
  readonly isUsable: boolean
}

/** The credentials of one request, to be checked against one client after the other. */
export interface CredentialCheck {
  /** The reason where {@link explain} knows no better one. */
  readonly failure: FailedCheck
  /** Whether a check takes so little that one against dummies can come first each time. */
  isQuick(client: CheckedClient): boolean
  /** Returns what proves the client. Asks first whether the attempt has to wait, and throws then. */
  findProof(client: CheckedClient): MaybePromise<Proof | undefined>
  /** Like {@link findProof}, right after that of another client: it does not ask. */
  findProofAfter(client: CheckedClient): MaybePromise<Proof | undefined>
  /**
   * Returns why there is no proof, where that is known. It is called at every failure, so that its time does not tell one client from
   * another.
   */
  explain(client: CheckedClient): MaybePromise<FailedCheck | undefined>
  /** Does the work of {@link findProofAfter} and {@link explain} for the time that it takes. */
  workInVain(client: CheckedClient): Promise<void>
  /**
   * Uses up what counts once, after it proved an active client. Returns why not, where it was used already. Left out: the credentials
   * can be used again. Throws StorageError.
   */
  consume?(): Promise<FailedCheck | undefined>
}
