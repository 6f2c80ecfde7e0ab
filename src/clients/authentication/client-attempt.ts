import type { OAuthError } from '../../protocol/errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'

/** One attempt to authenticate as a client, as limits/ counts it. */
export interface ClientAttempt {
  /** Returns the source of the attempt, such as an address. */
  findSource(): string
  /**
   * Lets the attempt go on, or throws when it has to wait; then no credential is checked. Called at the beginning, and again right
   * before a credential is checked. Returns a promise only where it has to ask the storage.
   */
  admit(): MaybePromise<void>
  /** Whether this process saw the client succeed from this address; true where failures are not counted. */
  isRemembered(): boolean
  /** Whether any process saw it; asks the storage where this process does not know. */
  isKnown(): Promise<boolean>
  /** Whether only its address keeps the attempt from having to wait. */
  isExempt(): boolean
  succeed(): void
  /** Counts a failure; returns the error that replaces the usual one, if there is one. */
  fail(): OAuthError | undefined
}

/** An attempt whose failures are not counted. */
export const uncounted: ClientAttempt = {
  findSource: () => '',
  admit: () => undefined,
  isRemembered: () => true,
  isKnown: async () => true,
  isExempt: () => false,
  succeed: () => {},
  fail: () => undefined,
}
