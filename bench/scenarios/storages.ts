import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { client, type TokenServer } from '../contenders/contender.ts'
import { renderConfig, startGrantd, toTokenServer, type Variant } from '../contenders/grantd.ts'
import { measureTree, type Usage } from '../measure/processes.ts'
import type { Row } from '../results.ts'
import type { Entry } from '../rounds.ts'
import type { Starter } from './compare.ts'
import type { Bench } from './scenario.ts'

/** Signing and its check are quick here, so that what the storage costs can be seen. */
export const algorithm = 'ES256'

/** What grantd has by default (postgres.pool), and so what others get. */
export const poolSize = 10

/** Makes of a server that keeps something the entry that drives it. */
export type ToEntry = (started: TokenServer, named: Pick<Row, 'name' | 'kind'>) => Promise<Entry>

/** grantd on SQLite and on Postgres, one process and, where it can, all that it likes. */
export function listOnStorages(
  bench: Bench,
  { url: postgresUrl, toEntry }: { url: string; toEntry: ToEntry },
): Starter[] {
  const variants: Variant[] = [{ name: 'grantd' }]
  if (bench.abilities.workers) variants.push({ name: 'grantd, --workers auto', args: ['--workers', 'auto'] })
  return [undefined, postgresUrl].flatMap((url) =>
    variants.map((variant) => toStarter(bench, { variant, url, toEntry })),
  )
}

function toStarter(
  { executable }: Bench,
  { variant, url, toEntry }: { variant: Variant; url: string | undefined; toEntry: ToEntry },
): Starter {
  return async (folder) => {
    const server = await startGrantd({
      executable,
      folder,
      variant,
      config: renderConfig(algorithm, {
        tenant: ['api_keys: { allowed_scopes: [read], max_per_client: 1000000 }'],
        secret: `secret: ${client.secret}, introspect: true`,
        scopes: ['read', 'api-keys:manage'],
      }),
      ...(url && { env: { GRANTD_STORAGE: url, GRANTD_MASTER_KEY: masterKey } }),
    })
    const name = `${variant.name}, ${url ? 'Postgres' : 'SQLite'}`
    return { server, entry: await toEntry(toTokenServer(server, 'bench'), { name, kind: 'grantd' }) }
  }
}

/** What replicas share, and what encrypts the keys in Postgres. */
export const masterKey = randomBytes(32).toString('base64')

/** A Postgres that waits for the disk, with an empty database; gone afterwards. */
export async function withPostgres<T>(
  work: (url: string, measure: () => Promise<Usage>) => Promise<T>,
): Promise<T> {
  const postgres = await startPostgres({ durable: true })
  try {
    const [settings] = await postgres.run(postgres.url, 'show data_directory')
    const state = await readFile(`${settings?.['data_directory']}/postmaster.pid`, 'utf8')
    const pid = Number(state.split('\n')[0])
    return await work(await postgres.createDatabase(), () => measureTree(pid))
  } finally {
    await postgres.remove()
  }
}
