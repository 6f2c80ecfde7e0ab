/** Opens a tenant's key once its input ends, and prints what came of it: one of several processes of a test. */
import { join } from 'node:path'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { openKey, planFor } from './signing.ts'

const [folder = '', kid = ''] = process.argv.slice(2)

const storage = new SqlStorage(await openSqlite(join(folder, 'grantd.db'), nodePlatform()))
process.stdout.write('ready\n')
await Bun.stdin.text()
const { key, generated } = await openKey(planFor(folder, { kid: kid || null }), { storage })
process.stdout.write(JSON.stringify({ generated, jwk: JSON.stringify(key.jwk) }))
await storage.close()
