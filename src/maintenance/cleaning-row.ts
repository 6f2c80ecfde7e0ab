import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

/** The cutoff (ms): expired rows up to this time were deleted. What expired by then stays expired, whatever the clock says. */
export const cleanings = kind('cleaning', Type.Object({ floor: Moment, last_seen: Moment }))
