import { chmod, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SQL } from 'bun'
import {
  dataOf,
  giveToServer,
  nativeOf,
  type PostgresServer,
  pidFileOf,
  postgresPassword,
  postgresUser,
  startIn,
} from './postgres-server.ts'

/** The name of every standby, for synchronous_standby_names. */
export const standbyName = 'standby'

/** Starts a server that follows `primary`, whose programs it uses: remove it before that one. */
export function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  return startIn(async (folder) => {
    await chmod(folder, 0o755)
    await giveToServer([folder])
    await symlink(nativeOf(primary.folder), nativeOf(folder))
    await copyCluster(primary, folder)
    await followPrimary(folder, primary)
  })
}

/** Lets the server of `folder`, which is stopped, follow `primary` from its next start on. */
export async function followPrimary(folder: string, primary: PostgresServer): Promise<void> {
  const way = `host=127.0.0.1 port=${primary.port} user=${postgresUser} password=${postgresPassword}`
  const settings = join(dataOf(folder), 'postgresql.auto.conf')
  const kept = (await readFile(settings, 'utf8')).replaceAll(/^(primary_conninfo|unix_socket_dir).*\n/gm, '')
  const following = `primary_conninfo = '${way} application_name=${standbyName}'\n`
  await writeFile(settings, `${kept}unix_socket_directories = '${folder}'\n${following}`)
  const signal = join(dataOf(folder), 'standby.signal')
  await writeFile(signal, '')
  await giveToServer([signal])
}

/** Copies the files while the server runs, as pg_basebackup does, which the npm package has not. */
async function copyCluster(primary: PostgresServer, folder: string): Promise<void> {
  const client = new SQL(primary.url, { max: 1 })
  try {
    await client`select pg_backup_start('standby', true)`
    // Files come and go meanwhile.
    await Bun.spawn(['cp', '-a', dataOf(primary.folder), dataOf(folder)], { stderr: 'ignore' }).exited
    const [backup] = await client`select labelfile from pg_backup_stop(false)`
    await rm(pidFileOf(folder), { force: true })
    const label = join(dataOf(folder), 'backup_label')
    await writeFile(label, backup.labelfile)
    await giveToServer([label])
  } finally {
    await client.close()
  }
}

/** Makes a primary of a standby, and waits until it is one. */
export async function promote(standby: PostgresServer): Promise<void> {
  await standby.run(standby.url, 'select pg_promote()')
}
