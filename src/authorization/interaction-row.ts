import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Texts } from '../storage/kind.ts'

/** The parameters of an authorization request as they came: names and values, in their order. `resource` may occur more than once. */
export const Parameters = Type.Array(Type.Tuple([Type.String(), Type.String()]))

/**
 * What a browser was sent here for. Each kind has the members that its last step needs. They are read again at each step, so that a client
 * that was changed in between is treated as it is now.
 */
const InteractionContent = Type.Union([
  /** An authorization request (RFC 6749 section 4.1.1). */
  Type.Object({
    kind: Type.Literal('authorize'),
    parameters: Parameters,
    /** Whether the client pushed it (RFC 9126). */
    pushed: Type.Boolean(),
  }),
  /** A device whose user code was typed in (RFC 8628 section 3.3). `device` is the id of its row. */
  Type.Object({
    kind: Type.Literal('device'),
    device: Type.String(),
    client_id: Type.String(),
    scopes: Texts,
  }),
  /** The question whether to sign out (OpenID Connect RP-Initiated Logout 1.0 section 2). */
  Type.Object({
    kind: Type.Literal('logout'),
    /** Of the ID token that came with the request; null: none came. */
    hint: Nullable(Type.Object({ sub: Type.String(), sid: Nullable(Type.String()) })),
    client_id: Nullable(Type.String()),
    /** As it came. It is compared with those of the client again before it is used. */
    post_logout_redirect_uri: Nullable(Type.String()),
    state: Nullable(Type.String()),
    ui_locales: Nullable(Type.String()),
  }),
])

/** What the person did in this interaction. */
const InteractionProgress = Type.Object({
  /** The session that a login in this interaction began: its sid; null: no login yet. */
  signed_in: Nullable(Type.String()),
  /** The sub with which the person chose to go on, where it was asked. */
  chosen: Nullable(Type.String()),
  /** The sub that allowed the request in this interaction. */
  consented: Nullable(Type.String()),
  /** The sub that denied it. */
  denied: Nullable(Type.String()),
})

/**
 * An interaction: a browser on its way through the pages. Its id is in the URL of the pages, and only the browser that began it can go on.
 * Id: 22 characters of base64url, random.
 */
export const interactions = {
  ...kind(
    'interaction',
    Type.Object({
      /** SHA-256 of the secret of the browser's cookie, in hex. */
      browser: Type.String(),
      created_at: Moment,
      content: InteractionContent,
      progress: InteractionProgress,
    }),
  ),
  // A damaged one is of no browser: the person begins again.
  fallback: {
    browser: '',
    created_at: 0,
    content: { kind: 'authorize' as const, parameters: [], pushed: false },
    progress: { signed_in: null, chosen: null, consented: null, denied: null },
  },
}

/**
 * An authorization request that was sent before the browser comes with its `request_uri` (RFC 9126), or that a browser posted. Id: the last
 * part of the request_uri, 43 characters of base64url, random.
 */
export const pushedRequests = {
  ...kind(
    'pushed_request',
    Type.Object({
      client_id: Type.String(),
      parameters: Parameters,
      /** Whether the client sent it itself. Otherwise a browser posted it to the authorization endpoint. */
      pushed: Type.Boolean(),
      /** The browser that took it, like {@link interactions}; null: none yet. */
      browser: Nullable(Type.String()),
    }),
  ),
  // A damaged one is of no client, and no browser can take it.
  fallback: { client_id: '', parameters: [], pushed: false, browser: '' },
}
