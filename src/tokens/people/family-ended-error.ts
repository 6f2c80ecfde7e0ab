import { OAuthError } from '../../protocol/errors.ts'

/** Something that works once came twice, so somebody else has it. */
export type FamilyEnd = 'code_replayed' | 'refresh_token_reused'

export interface EndedFamily {
  readonly familyId: string
  readonly sub: string
  readonly clientId: string
}

/** The refusal of a replay, which has ended the family. The client sees `invalid_grant` as for any other code or refresh token. */
export class FamilyEndedError extends OAuthError {
  readonly end: FamilyEnd
  readonly ended: EndedFamily

  constructor(end: FamilyEnd, description: string, ended: EndedFamily) {
    super('invalid_grant', description, { reason: end })
    this.end = end
    this.ended = ended
  }
}
