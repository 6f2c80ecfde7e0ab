import { Type } from '@sinclair/typebox'
import { kind, Moment, Texts } from '../storage/kind.ts'

/**
 * What a person allowed a client. The id is the sub, a space and the id of the client; the parent is the sub. With an empty sub it says
 * that what anybody allowed the client until then is worthless, because that client was deleted.
 */
export const consents = {
  ...kind(
    'consent',
    Type.Object({
      scopes: Texts,
      /** When something was allowed last. */
      given_at: Moment,
    }),
  ),
  // The person is asked again.
  fallback: { scopes: [], given_at: 0 },
}
