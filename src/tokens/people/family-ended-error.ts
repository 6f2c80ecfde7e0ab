import { OAuthError } from '../../protocol/errors.ts'

/** What works once and came twice, so somebody else may have it. */
export type Replayed = 'code' | 'refresh_token'

export interface EndedFamily {
  readonly familyId: string
  readonly sub: string
  readonly clientId: string
}

/** The refusal of a replay, which has ended the family. The client sees `invalid_grant` as for any other code or refresh token. */
export class FamilyEndedError extends OAuthError {
  readonly replayed: Replayed
  readonly ended: EndedFamily

  constructor(replayed: Replayed, description: string, ended: EndedFamily) {
    super('invalid_grant', description, { reason: `${replayed}_replayed` })
    this.replayed = replayed
    this.ended = ended
  }
}
