import type { SqliteConnection } from '../../platform/sqlite-connection.ts'
import { knownSchema } from '../migrate.ts'
import type { ExamineHost, StorageFacts } from '../storage-facts.ts'
import { checkApplicationId } from './application-id.ts'
import { checkCanMake, checkCanWrite, checkDatabaseFile } from './database-file.ts'
import { explainSqlite } from './sqlite.ts'

/** Milliseconds to wait for another process, such as one that repairs the file after a crash. */
const patience = 2000

/** See examineStorage. */
export async function examineSqlite(
  path: string,
  { files, sqlite, monotonic }: ExamineHost,
): Promise<StorageFacts> {
  const about = { kind: 'sqlite', place: path, known: knownSchema.sqlite, clock: null } as const
  if (!(await checkDatabaseFile(path, { files }))) {
    await checkCanMake(path, { files })
    return { ...about, schema: null, latency: null }
  }
  await checkCanWrite(path, { files })
  try {
    const connection = sqlite.open(path)
    try {
      const startedAt = monotonic()
      const schema = readSchema(connection, path)
      return { ...about, schema, latency: monotonic() - startedAt }
    } finally {
      connection.close()
    }
  } catch (cause) {
    throw explainSqlite(cause, path)
  }
}

function readSchema(connection: SqliteConnection, path: string): number {
  connection.execute(`pragma busy_timeout = ${patience}`)
  connection.execute('pragma query_only = 1')
  checkApplicationId(connection, path)
  const [row] = connection.all('select max(version) as version from grantd_schema', [])
  return Number(row?.['version'])
}
