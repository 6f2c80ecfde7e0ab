/** How tests open Postgres: patient with a machine that is busy with other tests. */
export const postgresTimes = { pool: 10, connectTimeoutMs: 5000, statementTimeoutMs: 20_000 } as const
