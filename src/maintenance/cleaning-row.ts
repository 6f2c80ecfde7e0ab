import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

/** Up to when (ms) expired rows were deleted: whatever expired by then stays expired, whatever the clock says. */
export const cleanings = kind('cleaning', Type.Object({ floor: Moment, last_seen: Moment }))
