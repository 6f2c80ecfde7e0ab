import { type Finding, OAuthError } from '../../protocol/errors.ts'

/** What works once and came twice, so somebody else may have it. */
export type Replayed = 'code' | 'refresh_token'

const findings: Readonly<Record<Replayed, Finding>> = {
  code: {
    check: 'first use of the code',
    saw: 'a code that was used before; all tokens of this sign-in have ended',
    wanted: 'a new sign-in, and one redemption of its code',
  },
  refresh_token: {
    check: 'first use of the refresh token',
    saw: 'a refresh token that was used before, longer ago than refresh_token_grace; all tokens of this sign-in have ended',
    wanted: 'a new sign-in, and each time the refresh token of the last answer',
  },
}

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
    super('invalid_grant', description, { reason: `${replayed}_replayed`, finding: findings[replayed] })
    this.replayed = replayed
    this.ended = ended
  }
}
