import type { FurtherToken } from '../issue-request.ts'

/** The refresh token of a person, which the grant has made durable already (RFC 6749 section 1.5). */
export const refreshToken: FurtherToken = {
  description: 'Gives new tokens once, with a new refresh token; for clients with the grant refresh_token',
  issue: async ({ authorization: { person } }) => {
    if (person?.refreshToken === undefined) throw new TypeError('The authorization has no refresh token')
    return person.refreshToken
  },
}
