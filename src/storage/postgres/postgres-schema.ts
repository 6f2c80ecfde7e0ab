import { type SqlDatabase, sql } from '../sql.ts'
import { StorageRefusedError } from '../storage.ts'
import type { PostgresTarget } from './postgres-url.ts'

/** Whether tables are created and found in the schema that the URL names; true if it names none. */
export async function isInSchema(database: SqlDatabase, { schema }: PostgresTarget): Promise<boolean> {
  if (schema === undefined) return true
  const [row] = await database.read(sql`select current_schema()::text as name`)
  return row?.['name'] === schema
}

/** Creates the schema if there is none. Throws {@link StorageRefusedError} if tables would still be created elsewhere. */
export async function makeSchema(database: SqlDatabase, target: PostgresTarget): Promise<void> {
  const { schema, place, user } = target
  // Checks first, because `if not exists` needs the right to create a schema even if it exists.
  const [known] = await database.read(
    sql`select 1 as one from pg_catalog.pg_namespace where nspname = ${schema ?? ''}`,
  )
  if (!known) await database.write({ parts: [`create schema "${schema}"`], values: [] })
  if (await isInSchema(database, target)) return
  throw new StorageRefusedError(
    `${place} does not let ${user} work in the schema ${schema}; run: grant usage, create on schema ${schema} to ${user}; and where a pooler drops search_path: alter role ${user} set search_path = ${schema}`,
  )
}
