import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../../test/support/free-port.ts'
import type { Algorithm } from '../measure/openssl.ts'
import { audience, type Contender, client, scope } from './contender.ts'
import { Server } from './server.ts'

/** How grantd is started. */
export interface Variant {
  readonly name: string
  readonly args?: readonly string[]
  /** Lines of YAML below `server:`, such as `signing_engine: builtin`. */
  readonly serverSettings?: readonly string[]
}

export const tenantPath = (tenant: string) => `/api/v1/tenant/${tenant}`

/** What the executable is able to do beyond what every version does. */
export interface Abilities {
  readonly workers: boolean
  readonly signingEngine: boolean
}

export async function findAbilities(executable: string): Promise<Abilities> {
  const [help, schema] = await Promise.all([
    outputOf([executable, 'serve', '--help']),
    outputOf([executable, 'schema']),
  ])
  return { workers: help.includes('--workers'), signingEngine: schema.includes('"signing_engine"') }
}

/** Such as `grantd 0.1.0`. */
export async function findVersion(executable: string): Promise<string> {
  return (await outputOf([executable, '--version'])).trim()
}

/** The ways to start this executable that are worth telling apart; the first is the one without any setting. */
export function listVariants({ workers, signingEngine }: Abilities): Variant[] {
  return [
    { name: 'grantd' },
    ...(signingEngine
      ? (['builtin', 'openssl'] as const).map((engine) => ({
          name: `grantd, ${engine}`,
          serverSettings: [`signing_engine: ${engine}`],
        }))
      : []),
    ...(workers ? [{ name: 'grantd, --workers auto', args: ['--workers', 'auto'] }] : []),
  ]
}

/** The one tenant `bench` with the client of the benchmark. */
export function toContender(executable: string, variant: Variant, extra: ConfigExtras = {}): Contender {
  return {
    name: variant.name,
    kind: 'grantd',
    async start(folder, algorithm) {
      const config = renderConfig(algorithm, { ...extra, server: variant.serverSettings ?? [] })
      const server = await startGrantd({ executable, folder, variant, config })
      return toTokenServer(server, 'bench')
    },
  }
}

export function toTokenServer(server: Server, tenant: string) {
  const path = tenantPath(tenant)
  return {
    server,
    tokenPath: `${path}/oauth/token`,
    jwksPath: `${path}/.well-known/jwks.json`,
    issuer: `http://bench.test${path}`,
  }
}

export interface GrantdLaunch {
  /** With the words that come before those of grantd, where a runtime runs it. */
  readonly executable: string | readonly string[]
  readonly folder: string
  readonly config: string
  readonly variant?: Variant
  readonly env?: Readonly<Record<string, string>>
  readonly patience?: number
}

/** Starts grantd in a folder; keys that an earlier start made there are used again. */
export async function startGrantd(launch: GrantdLaunch): Promise<Server> {
  const { executable, folder, config, variant, env, patience } = launch
  await mkdir(folder, { recursive: true })
  await Bun.write(join(folder, 'config.yaml'), config)
  const port = await findFreePort()
  return await Server.start({
    command: [...[executable].flat(), 'serve', ...(variant?.args ?? [])],
    folder,
    env: { ...env, GRANTD_PORT: String(port) },
    port,
    readyPath: '/health/ready',
    ...(patience && { patience }),
  })
}

/** What a scenario adds to the configuration, as lines of YAML without their indentation. */
export interface ConfigExtras {
  /** Such as `storage: memory`. */
  readonly top?: readonly string[]
  readonly server?: readonly string[]
  readonly tenant?: readonly string[]
  /** What the client authenticates with; default: its secret in clear. */
  readonly secret?: string
  readonly scopes?: readonly string[]
}

export function renderConfig(algorithm: Algorithm, extra: ConfigExtras = {}): string {
  const { top = [], server = [], tenant = [], secret = `secret: ${client.secret}`, scopes = [scope] } = extra
  return [
    ...top,
    'server:',
    ...['public_url: http://bench.test', ...server].map((line) => `  ${line}`),
    'tenants:',
    '  bench:',
    '    name: Benchmark',
    `    oauth2: { audience: ['${audience}'], scopes: { ${scope}: Read } }`,
    `    signing: { algorithm: ${algorithm} }`,
    ...tenant.map((line) => `    ${line}`),
    `    clients: { ${client.id}: { ${secret}, scopes: [${scopes.join(', ')}] } }`,
    '',
  ].join('\n')
}

async function outputOf(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' })
  return await new Response(child.stdout).text()
}
