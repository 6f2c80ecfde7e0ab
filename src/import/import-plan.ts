import type { Members } from '../protocol/members.ts'
import type { FilePerson } from '../users/import/people-file.ts'

/** Something of a file that does not come over, and why. */
export interface LeftOut {
  /** Names the thing, such as `client 'web'`. It may have any text of the file. */
  readonly what: string
  readonly why: string
  /** Whether it is as it should be, such as a client of the other server itself. Otherwise somebody has to look at it. */
  readonly isExpected: boolean
}

/** How a client proves itself here. */
export type PlannedSecret =
  /** The file has the secret, or a hash that is understood here. */
  | {
      readonly kind: 'hash'
      readonly hash: string
      /** The secret is easy to guess. */
      readonly isWeak?: true
    }
  /** The file does not have it. */
  | { readonly kind: 'missing' }
  /** A public client, or one with keys. */
  | { readonly kind: 'none' }

export interface PlannedClient {
  readonly id: string
  /** Settings of a client of the admin API. */
  readonly patch: Members
  readonly secret: PlannedSecret
}

/** A tenant to make or to fill. */
export interface PlannedTenant {
  /** The name of a realm; undefined: the file has none, so the command has to say it. */
  readonly id: string | undefined
  /** Settings of a tenant of the admin API, if it has to be made. */
  readonly patch: Members
  readonly clients: readonly PlannedClient[]
  /** People in our form or in that of Keycloak. */
  readonly people: readonly FilePerson[]
  readonly leftOut: readonly LeftOut[]
}

/** The file is not what it was said to be. `message` says what was wanted. */
export class ImportError extends Error {}
