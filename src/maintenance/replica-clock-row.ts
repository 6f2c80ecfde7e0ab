import { Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

/** What a process that shares a database found its clock to be: so many milliseconds ahead of the database's, at a time of the database. */
export const replicaClocks = kind('replica_clock', Type.Object({ ahead: Type.Integer(), at: Moment }))
