import { findFreePorts } from '../../support/free-port.ts'
import { programs, type RunningServer, startServer, writeConfig } from '../../support/spawn-server.ts'
import { rest } from '../../support/wait-for.ts'

export const client = { id: 'app', secret: 'correct-horse-of-the-replicas' }

/** Several servers that share one database, as replicas behind a proxy do. */
export interface Replicas {
  readonly ports: readonly number[]
  /** Replaces one after the other, as a rolling update does; answers the exit codes. */
  roll(): Promise<number[]>
  stop(): Promise<void>
}

export interface ReplicasOptions {
  readonly folder: string
  readonly count: number
  /** More settings of `server`, as YAML of one line. */
  readonly server: string
  readonly args?: readonly string[]
}

export async function startReplicas({
  folder,
  count,
  server,
  args = [],
}: ReplicasOptions): Promise<Replicas> {
  await writeConfig(
    folder,
    `
server: { public_url: 'https://auth.example.com', ${server} }
tenants:
  main:
    name: Main
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { ${client.id}: { secret: ${client.secret} } }
`,
  )
  const start = (port: number) =>
    startServer(programs.executable, { folder, args: ['serve', '--port', String(port), ...args] })
  const ports = await findFreePorts(count)
  const running: RunningServer[] = []
  for (const port of ports) running.push(await start(port))
  return {
    ports,
    roll: async () => {
      const codes: number[] = []
      for (const [index, old] of running.entries()) {
        codes.push(await old.stop())
        running[index] = await start(old.port)
        // Kubernetes waits for readiness, and the proxy has to see it too.
        // Time is the subject: nobody tells when a proxy has seen it.
        await rest(4000)
      }
      return codes
    },
    stop: async () => {
      await Promise.all(running.map((one) => one.stop()))
    },
  }
}

/** The text with the addresses of the document replaced by those of servers. */
export function withPorts(text: string, ports: readonly number[]): string {
  return text
    .replace(/10\.0\.0\.(\d):3000/g, (_, number) => `127.0.0.1:${ports[Number(number) - 1]}`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports[0]}`)
}
