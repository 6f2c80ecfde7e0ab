import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { PublicJwk } from '../protocol/messages.ts'
import { earliestMoment, latestMoment } from '../protocol/moment.ts'
import { keyFilePattern, kidPattern } from '../protocol/names.ts'
import type { RecordKind } from './storage.ts'

/** Every kind of row that grantd keeps, in one place: what is in the database can be read here. */

function kind<const N extends string, S extends TSchema>(name: N, schema: S): RecordKind<S> {
  return { name, schema }
}

const Moment = Type.Integer({
  minimum: earliestMoment,
  maximum: latestMoment,
  description: 'Milliseconds since the epoch',
})
/** No setting allows more than ten years; a time plus one of these can be shown. */
const mostSeconds = 10_000_000_000
const Seconds = Type.Integer({ minimum: 0, maximum: mostSeconds })
const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const Texts = Type.Array(Type.String())
const Algorithm = Type.Unsafe<SignatureAlgorithm>(
  Type.Union(Object.keys(signatureAlgorithms).map((name) => Type.Literal(name))),
)

/**
 * Tokens that are no longer good though their time is not over. Ids: `token:<jti>` for one; `client:<id>` and `tenant`
 * for all that were issued at or before `before`.
 */
export const revocations = kind(
  'revocation',
  Type.Object({
    /** Seconds since the epoch, like iat; of one token: when it was revoked. */
    before: Type.Integer(),
  }),
)

/** An API key by its id, which is the `sub` of its tokens; parent: the client that made it. */
export const apiKeys = kind(
  'api_key',
  Type.Object({
    name: Type.String(),
    scopes: Texts,
    client_id: Type.String(),
    created_at: Moment,
    /** When the newest token of the key expires. */
    expires_at: Nullable(Moment),
    revoked_at: Nullable(Moment),
    /**
     * The keys that it descends from by their ids, the one that it was made with first. Left out: it was made with an access token,
     * or by an earlier build.
     */
    ancestors: Type.Optional(Texts),
    /** The tokens that stand for the key, the newest last: more than one only while a rotation overlaps. */
    tokens: Type.Array(
      Type.Object({
        jti: Type.String(),
        /** SHA-256 of the JWT, in hex. */
        hash: Type.String(),
        /** From when on this token is refused; null: as long as the key lives. */
        ends_at: Nullable(Moment),
      }),
    ),
  }),
)

/** How many live API keys a client has; id: the client. See tokens/api-key-count.ts. */
export const apiKeyCounts = {
  ...kind(
    'api_key_count',
    Type.Object({
      /** Never fewer than there are. */
      live: Type.Integer({ minimum: 0 }),
      /** When they were counted last. */
      counted_at: Moment,
    }),
  ),
  // More than a client can have, so that they are counted anew.
  fallback: { live: Number.MAX_SAFE_INTEGER, counted_at: 0 },
}

const SettingsOfOAuth2 = Type.Object({
  audience: Nullable(Texts),
  access_token_ttl: Seconds,
  access_token_typ: Type.Union([Type.Literal('JWT'), Type.Literal('at+jwt')]),
  /** Rows of before it was there have none, and mean 0. */
  reuse_window: Type.Optional(Seconds),
  scopes: Type.Record(Type.String(), Type.String()),
})

/** A tenant that the admin API made; kept under the system tenant. The members are those of config.yaml. */
export const tenants = kind(
  'tenant',
  Type.Object({
    name: Type.String(),
    active: Type.Boolean(),
    issuer: Nullable(Type.String()),
    oauth2: Type.Optional(SettingsOfOAuth2),
    oidc: Type.Boolean(),
    api_keys: Type.Optional(
      Type.Object({
        allowed_scopes: Texts,
        max_ttl: Nullable(Seconds),
        rotation_overlap: Seconds,
        /** Rows of before these were there have none, and mean null and 1000. */
        default_ttl: Type.Optional(Nullable(Seconds)),
        max_per_client: Type.Optional(Type.Integer()),
      }),
    ),
    signing: Type.Object({
      algorithm: Algorithm,
      modulus_length: Type.Integer(),
      rotate_every: Nullable(Seconds),
      publish_ahead: Nullable(Seconds),
      jwks_max_age: Seconds,
    }),
    created_at: Moment,
  }),
)

/** Which stored tenant has an issuer of its own: the id is the issuer; kept under the system tenant. */
export const issuers = kind('issuer', Type.Object({ tenant: Type.String() }))

/** A client that the admin API made. The members are those of config.yaml. */
export const clients = kind(
  'client',
  Type.Object({
    name: Type.String(),
    active: Type.Boolean(),
    introspect: Type.Boolean(),
    grant_types: Texts,
    scopes: Texts,
    default_scopes: Nullable(Texts),
    audience: Nullable(Texts),
    resources: Texts,
    access_token_ttl: Nullable(Seconds),
    created_at: Moment,
    secrets: Type.Array(
      Type.Object({
        id: Type.String(),
        /** sha256:<hex> */
        hash: Type.String(),
        created_at: Moment,
        not_before: Nullable(Moment),
        expires_at: Nullable(Moment),
      }),
    ),
  }),
)

/** When a client secret, of config.yaml or stored, was used last (`usedAt`); id: JSON of [client id, secret id]. */
export const secretUses = { ...kind('secret_use', Type.Object({})), fallback: {} }

/**
 * Failed attempts of a tenant, counted by all processes; one row, id `counts`. The names of the counts are those of
 * limits/subject.ts: the number of a bucket, and neither a client nor an address.
 */
export const failureCounts = {
  ...kind(
    'failure_counts',
    Type.Object({
      counts: Type.Record(Type.String(), Type.Tuple([Type.Number({ minimum: 0 }), Moment])),
    }),
  ),
  fallback: { counts: {} },
}

/**
 * From which addresses subjects of a tenant succeeded; id: a digit, by the digest of the subject. By that digest (HMAC-SHA256 under
 * {@link limitKeys}, in hex), the first 32 bits of that of the address and the day since the epoch of its last use, in turn.
 */
export const knownAddresses = {
  ...kind('known_address', Type.Object({ subjects: Type.Record(Type.String(), Type.Array(Type.Integer())) })),
  fallback: { subjects: {} },
}

/**
 * The key of digests in {@link knownAddresses} and of buckets in {@link failureCounts}, id `addresses`, in hex; kept under the system
 * tenant.
 */
export const limitKeys = {
  ...kind('limit_key', Type.Object({ key: Type.String({ pattern: '^[0-9a-f]{64}$' }) })),
  fallback: { key: '' },
}

/**
 * The signing keys of a tenant: one row, id `ring`, so that every step of a rotation is one comparison of versions and
 * exactly one process makes it. What a key does is written down and never told from the clock.
 */
export const keyrings = kind(
  'keyring',
  Type.Object({
    keys: Type.Array(
      Type.Object({
        kid: Type.String({ pattern: kidPattern.source }),
        state: Type.Union([Type.Literal('next'), Type.Literal('active'), Type.Literal('retiring')]),
        algorithm: Algorithm,
        jwk: PublicJwk,
        /** Where the private half is: in a file of this name, or here as a JWE; neither once it is destroyed. */
        file: Type.Optional(Type.String({ pattern: keyFilePattern.source })),
        sealed: Type.Optional(Type.String()),
        /** Milliseconds that a token of this key lives at most, as far as was known while it signed; null: for ever. */
        token_life: Nullable(Type.Integer({ minimum: 0, maximum: mostSeconds * 1000 })),
        created_at: Moment,
        activated_at: Nullable(Moment),
        retired_at: Nullable(Moment),
      }),
    ),
    /** Files of keys that left the ring with their private halves, until they are destroyed; rows of before it was there have none. */
    discarded: Type.Optional(Type.Array(Type.String({ pattern: keyFilePattern.source }))),
  }),
)

/**
 * What changed, so that one look tells whether there is news. The row of id `keyring` has a version that grows with every
 * change of a keyring; a row `keyring:<that version in 16 digits>` says by its parent whose it was, and expires.
 */
export const changes = { ...kind('change', Type.Object({})), fallback: {} }

/** Up to when (ms) expired rows were deleted: whatever expired by then stays expired, whatever the clock says. */
export const cleanings = kind('cleaning', Type.Object({ floor: Moment, last_seen: Moment }))

/** A member that JSON leaves out when it is undefined: entries that are all of one shape are made several times as fast. */
function OrLeftOut<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Unsafe<Static<S> | undefined>(schema))
}

/**
 * An event of the audit trail. What is hashed is its JSON text, the members in this order; those that an event does not
 * have are left out.
 */
export const AuditEntry = Type.Object({
  number: Type.Integer({ description: 'From 1, one more at each event of the tenant' }),
  time: Type.String({ description: 'ISO 8601 with milliseconds, in UTC' }),
  tenant: Type.String({ description: 'Empty for what belongs to no tenant' }),
  type: Type.String({ description: 'Thing and what happened, such as token.issued' }),
  outcome: Type.Union([Type.Literal('success'), Type.Literal('refused')]),
  actor: OrLeftOut(Type.String({ description: 'Who did it' })),
  client: OrLeftOut(Type.String({ description: 'The client that it concerns; only one that exists' })),
  reason: OrLeftOut(Type.String({ description: 'Why it was refused, as a code' })),
  request_id: OrLeftOut(Type.String({ description: 'The X-Request-Id of the answer' })),
  address: OrLeftOut(Type.String({ description: 'The other end of the connection' })),
  detail: OrLeftOut(Type.Record(Type.String(), Type.String())),
  prev_expires: Type.Integer({ description: 'When the event before may be deleted, in ms; 0 in the first' }),
  prev_hash: Type.String({ description: 'SHA-256 of the event before, in hex; zeros in the first' }),
})
export type AuditEntry = Static<typeof AuditEntry>

/**
 * Events of the audit trail that were written together, for a row of its own for each would cost more than the event. Id: the
 * number of the last of them in 16 digits, so that the rows after a number begin with the one that has the next event.
 */
export const auditEvents = kind('audit', Type.Object({ events: Type.Array(AuditEntry, { minItems: 1 }) }))

/** The same rows, whatever is in them: for looking at what somebody else wrote. */
export const auditEventsAsFound = kind('audit', Type.Unknown())

/** The last event of the trail of a tenant; id `head`. */
export const auditHeads = kind(
  'audit_head',
  Type.Object({
    number: Type.Integer(),
    hash: Type.String(),
    /** When the last event expires: later ones expire no earlier, so that retention takes from the front alone. */
    expires_at: Moment,
  }),
)

/** The same row, whatever is in it. */
export const auditHeadsAsFound = kind('audit_head', Type.Unknown())

/**
 * Events of many tenants that wait to be moved to their trails, of the system tenant; see audit/audit-journal.ts for the ids and for
 * how long.
 */
export const auditJournal = kind('audit_journal', Type.Object({ events: Type.Array(Type.Unknown()) }))

/** The same rows, whatever is in them. */
export const auditJournalAsFound = kind('audit_journal', Type.Unknown())
