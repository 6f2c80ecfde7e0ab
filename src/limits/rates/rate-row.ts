import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../../storage/kind.ts'
import { LastWrites } from '../last-writes.ts'

/**
 * How much of their rates the senders of a tenant used, at all processes; a row for each sort of rate, with its name as the id. Only senders
 * that used a noticeable part are in it, a few hundred at most. Each has three numbers: what is used, when that was, and the rate per
 * minute. A name is a client id, or a digest under the key of limit-row.ts where it stands for an address or a browser.
 */
export const rateCounts = {
  ...kind(
    'rate_counts',
    Type.Object({
      counts: Type.Record(
        Type.String(),
        Type.Tuple([Type.Number({ minimum: 0 }), Moment, Type.Number({ exclusiveMinimum: 0 })]),
      ),
      writes: LastWrites,
    }),
  ),
  fallback: { counts: {} },
}
