import { migrations } from './migrations.ts'
import { type SqlDatabase, sql } from './sql.ts'
import { StorageRefusedError } from './storage.ts'

/** The newest schema that this grantd knows, by kind of database. */
export const knownSchema = {
  sqlite: migrations.sqlite.length,
  postgres: migrations.postgres.length,
} as const

/**
 * Updates the schema inside `database`, a transaction that holds a lock against all others. Throws {@link StorageRefusedError} for a
 * newer schema. `place` names the store in messages.
 */
export async function migrate(database: SqlDatabase, place: string): Promise<void> {
  await database.write(
    sql`create table if not exists grantd_schema (version integer primary key, name text not null)`,
  )
  const [row] = await database.read(sql`select coalesce(max(version), 0) as version from grantd_schema`)
  const version = Number(row?.['version'])
  const known = knownSchema[database.name]
  if (version > known) {
    throw new StorageRefusedError(
      `${place} has schema ${version}, and this grantd knows ${known}: a newer grantd wrote it; run that one, or restore a backup from before it`,
    )
  }
  for (const [index, { name, statements }] of migrations[database.name].entries()) {
    if (index < version) continue
    for (const text of statements) await database.write({ parts: [text], values: [] })
    await database.write(sql`insert into grantd_schema (version, name) values (${index + 1}, ${name})`)
  }
}
