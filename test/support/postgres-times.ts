/** How tests open Postgres: longer than a machine takes that is busy with other tests. */
export const longTimes = { pool: 10, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 } as const
/** For what gives no answer: short, so that a test does not take long. */
export const shortTimes = { pool: 4, connectTimeoutMs: 2000, statementTimeoutMs: 2000 } as const
/** The same for a server that is a process of its own, as a line of its config.yaml. */
export const longTimesYaml = 'postgres: { connect_timeout: 20s, statement_timeout: 20s }'
