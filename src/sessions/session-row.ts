import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Texts } from '../storage/kind.ts'

/** A browser in which a person is signed in. The id is the `sid` of ID tokens; the parent is the `sub` of the person. */
export const sessions = {
  ...kind(
    'session',
    Type.Object({
      sub: Type.String(),
      /** SHA-256 of the secret in the cookie, in hex. */
      secret_hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      /** When the person proved who they are, in seconds since the epoch. */
      auth_time: Type.Integer(),
      amr: Texts,
      acr: Nullable(Type.String()),
      created_at: Moment,
      /** When the session was last used, within a minute. */
      last_seen_at: Moment,
      /** The clients that got a code in the session, which learn of its end. */
      clients: Texts,
      user_agent: Nullable(Type.String()),
    }),
  ),
  // A session that ended long ago: the person signs in again.
  fallback: {
    ...{ sub: '', secret_hash: '0'.repeat(64), auth_time: 0, amr: [], acr: null },
    ...{ created_at: 0, last_seen_at: 0, clients: [], user_agent: null },
  },
}

/** The people who have signed in from a browser. The id is SHA-256 of the secret in the browser's cookie, in hex. */
export const browsers = {
  ...kind('browser', Type.Object({ subs: Texts })),
  // A browser that nobody knows only has to wait where it would not have to.
  fallback: { subs: [] },
}
