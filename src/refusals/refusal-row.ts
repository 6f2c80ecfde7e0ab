import { type Static, Type } from '@sinclair/typebox'
import { kind, Moment, Nullable } from '../storage/kind.ts'

/**
 * A request that was refused, and why. Kept under the system tenant; `parent` of the row is the id of the request. The id begins with the
 * time, so that a list has the oldest first.
 */
export const refusals = kind(
  'refusal',
  Type.Object({
    at: Moment,
    tenant: Nullable(Type.String({ description: 'Null: not known' })),
    client: Nullable(Type.String({ description: 'Null: not known' })),
    method: Type.String(),
    route: Type.String({ description: 'Empty: no route has the path' }),
    status: Type.Integer(),
    error: Nullable(Type.String({ description: 'Null: the answer had no error code' })),
    check: Type.String(),
    saw: Nullable(Type.String()),
    wanted: Nullable(Type.String()),
    address: Type.Optional(
      Type.String({ description: 'Of the sender, as the limits count it; older rows have none' }),
    ),
  }),
)

export type RefusalRow = Static<typeof refusals.schema>
