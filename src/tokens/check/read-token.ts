import { peekJwt, type UnverifiedJwt } from '../../keys/jwt.ts'
import { largestToken } from '../access-token.ts'
import type { RememberedToken, VerifiedTokens } from '../verified-tokens.ts'
import { invalidToken } from './invalid-token.ts'
import { findUnreadable } from './unreadable-token.ts'

/** The text of a token, not verified yet. */
export interface ReadToken {
  readonly text: string
  readonly issuer: string
  /** The decoded text; undefined if `remembered` is set. */
  readonly said: UnverifiedJwt | undefined
  /** The verified content, if the same text was checked in this process before. */
  readonly remembered: RememberedToken | undefined
}

export interface ReadDeps {
  readonly verifiedTokens: VerifiedTokens
}

/** Step 1 of a token check: reads the text, once. Throws `invalid_token`. */
export function readToken(text: string, { verifiedTokens }: ReadDeps): ReadToken {
  if (text.length > largestToken) {
    const finding = {
      ...{ check: 'form of the token', saw: `${text.length} characters` },
      wanted: `at most ${largestToken} characters`,
    }
    throw invalidToken('longer than a token can be', finding)
  }
  const remembered = verifiedTokens.find(text)
  if (remembered) return { text, issuer: remembered.claims.iss, said: undefined, remembered }
  const said = peekJwt(text)
  if (!said) throw invalidToken('not a JWT of one of our issuers', findUnreadable(text))
  return { text, issuer: said.issuer, said, remembered }
}
