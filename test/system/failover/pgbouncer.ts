import { findFreePort } from '../../support/free-port.ts'
import { postgresPassword, postgresUser } from '../../support/postgres-server.ts'
import { type Place, until } from './programs.ts'

export interface Pgbouncer {
  readonly port: number
  /** Leads every connection of clients to another server, after its transaction. */
  leadTo(serverPort: number): Promise<void>
}

/** Starts a pgbouncer in transaction mode with two connections to the server for all its clients. */
export async function startPgbouncer(
  place: Place,
  { serverPort, settings = '' }: { readonly serverPort: number; readonly settings?: string },
): Promise<Pgbouncer> {
  const port = await findFreePort()
  const users = await place.write('users.txt', `"${postgresUser}" "${postgresPassword}"\n`)
  const configure = (server: number) =>
    place.write(
      'pgbouncer.ini',
      `[databases]
* = host=127.0.0.1 port=${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
admin_users = ${postgresUser}
pool_mode = transaction
default_pool_size = 2
server_login_retry = 1
query_wait_timeout = 2
${settings}
`,
    )
  const child = place.start(['pgbouncer', await configure(serverPort)])
  const isThere = () =>
    Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } }).then((socket) => {
      socket.end()
      return true
    })
  await until('pgbouncer listens', isThere)
  return {
    port,
    async leadTo(server) {
      await configure(server)
      child.kill('SIGHUP')
    },
  }
}
