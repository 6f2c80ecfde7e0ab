import type { OAuthError } from '../../protocol/errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'

/** One attempt to authenticate as a client. limits/ counts its failure. */
export interface ClientAttempt {
  /** Returns the source of the attempt, such as an address. */
  findSource(): string
  /**
   * Throws if the attempt has to wait. Then no credential may be checked. Callers call it at the beginning, and again right before they
   * check a credential. Returns a promise only if it has to ask the storage. Then callers call it again, because others that waited with
   * this one may have failed first.
   */
  admit(): MaybePromise<void>
  /** Runs a check that takes long, after it was admitted. Throws as {@link admit} does. */
  runSlowly<T>(check: () => Promise<T>): Promise<T>
  /** Whether this process saw the client succeed from this address; true if failures are not counted. */
  isRemembered(): boolean
  /** Whether any process saw the client succeed from this address. Asks the storage if this process did not. */
  isKnown(): Promise<boolean>
  /** Whether the attempt would have to wait if its address were not known. */
  isExempt(): boolean
  succeed(): void
  /** Counts a failure; returns the error that replaces the usual one, if there is one. */
  fail(): OAuthError | undefined
}

/** An attempt whose failures are not counted. */
export const uncounted: ClientAttempt = {
  findSource: () => '',
  admit: () => undefined,
  runSlowly: (check) => check(),
  isRemembered: () => true,
  isKnown: async () => true,
  isExempt: () => false,
  succeed: () => {},
  fail: () => undefined,
}
