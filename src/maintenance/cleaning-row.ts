import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

/** The cutoff (ms): expired rows up to this time were deleted. A token that expired before it stays expired, even if a clock is set back. */
export const cleanings = kind('cleaning', Type.Object({ floor: Moment, last_seen: Moment }))
