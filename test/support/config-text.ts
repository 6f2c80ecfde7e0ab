import { ConfigError, renderFault } from '../../src/config/fault.ts'
import { type LoadedConfig, loadConfig, parseConfig } from '../../src/config/load.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'

const platform = bunPlatform()

export interface ConfigSurroundings {
  /** Where relative paths of the text start. */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  /** False for a runtime without slow hashes, such as Deno. */
  readonly slowHashes?: boolean
}

/** The configuration in a text that is said to stand in config.yaml. */
export function parse(text: string, surroundings: ConfigSurroundings = {}): Promise<LoadedConfig> {
  const { folder = '/nowhere', environment = {}, slowHashes = true } = surroundings
  return parseConfig(
    { file: 'config.yaml', text, folder },
    {
      ...platform,
      environment: (name) => environment[name],
      passwordHash: slowHashes ? platform.passwordHash : undefined,
    },
  )
}

/** The rendered faults of a text, in their order; none for a good one. */
export async function faultsOf(text: string, surroundings?: ConfigSurroundings): Promise<readonly string[]> {
  return refusals(parse(text, surroundings))
}

/** The rendered faults of a file; none for a good one. */
export async function faultsOfFile(path: string): Promise<readonly string[]> {
  return refusals(loadConfig(path, platform))
}

/** The rendered warnings of a good text. */
export async function warningsOf(text: string): Promise<readonly string[]> {
  return (await parse(text)).warnings.map(renderFault)
}

async function refusals(loading: Promise<LoadedConfig>): Promise<readonly string[]> {
  try {
    await loading
    return []
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return cause.faults.map(renderFault)
  }
}

/** A tenant `acme` with one line more at the place of its keys. */
export function tenantWith(line: string): string {
  return `tenants:\n  acme:\n    name: Acme\n    ${line}\n`
}

/** A client `app` with a secret of its own, in the tenant `acme`, with one line more at the place of its keys. */
export function clientWith(line: string): string {
  return `tenants:\n  acme:\n    name: Acme\n    oauth2: { scopes: { read: R, write: W } }\n    clients:\n      app:\n        secret: own-secret-1\n        ${line}\n`
}

/** A client `app` whose one line says where its secret is. */
export function secretFrom(line: string): string {
  return `tenants:\n  acme:\n    name: Acme\n    clients:\n      app:\n        ${line}\n    oauth2: {}\n`
}
