import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'
import { LastWrites } from './last-writes.ts'

/**
 * Failed attempts of a tenant, counted by all processes; one row, id `counts`. limits/subject.ts makes the names of the counts. A name is
 * the number of a bucket and contains neither a client nor an address.
 */
export const failureCounts = {
  ...kind(
    'failure_counts',
    Type.Object({
      counts: Type.Record(Type.String(), Type.Tuple([Type.Number({ minimum: 0 }), Moment])),
      writes: LastWrites,
    }),
  ),
  fallback: { counts: {} },
}

/**
 * The addresses from which subjects of a tenant succeeded. The id is a digit that depends on the digest of the subject. Each member has
 * the digest of a subject as its name (HMAC-SHA256 under {@link limitKeys}, in hex). Its value is a list: in turn, the first 32 bits of the
 * digest of an address, and the day of its last use since the epoch.
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
 * The failed sign-ins of one name, of one address, or of one person from browsers that have signed in before. The id is a digest under
 * {@link limitKeys}, in hex.
 */
export const signInFailures = {
  ...kind('sign_in_failures', Type.Object({ failures: Type.Number({ minimum: 0 }), at: Moment })),
  fallback: { failures: 0, at: 0 },
}
