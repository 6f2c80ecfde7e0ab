import type { People } from './people.ts'
import type { Person } from './person.ts'

/** One try to sign in with a password. */
export interface PasswordAttempt {
  readonly tenant: { readonly id: string }
  /** As it was typed: an e-mail address, or a key of config.yaml. */
  readonly username: string
  /** As it was typed. */
  readonly password: string
  /** The address of the person's browser; undefined if it is not known. */
  readonly address: string | undefined
  /** Whether the person signed in from this browser before. It is asked for a sub that nobody has too, so that the time is the same. */
  readonly isKnownBrowser: (sub: string) => Promise<boolean>
  /** Ends when the browser is gone. */
  readonly signal: AbortSignal
}

/** Why an attempt failed, for the log and the audit trail only. */
export type SignInFault = 'unknown_person' | 'person_inactive' | 'no_password' | 'wrong_password'

/** `sub` is of a person that exists, for the audit trail only. */
export type PasswordOutcome =
  | { readonly person: Person }
  | { readonly failure: 'wrong'; readonly fault: SignInFault; readonly sub: string | undefined }
  | {
      readonly failure: 'wait'
      /** Seconds until the next attempt, for Retry-After. */
      readonly seconds: number
      /** Undefined: nothing was checked. */
      readonly fault: SignInFault | undefined
      readonly sub: string | undefined
    }

/** What signing in needs besides the people; `deps.signIns`. */
export interface SignIns {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface SignInDeps {
  readonly people: People
  readonly signIns: SignIns
}

/**
 * Checks a name and a password. Unknown and inactive people, people without a password and wrong passwords have the same outcome `wrong` after
 * the same work. From the fifth failure of a person or the twentieth of an address on, the outcome is `wait`. Throws
 * `temporarily_unavailable` when too many checks wait, and StorageError.
 */
export function checkPassword(_attempt: PasswordAttempt, _deps: SignInDeps): Promise<PasswordOutcome> {
  throw new TypeError('not built yet')
}
