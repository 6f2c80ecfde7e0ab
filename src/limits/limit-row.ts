import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

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
