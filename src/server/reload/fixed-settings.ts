import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'

/** The settings that a swap applies. Every other one belongs to something that is opened once. */
const live = {
  top: ['tenants', 'include', 'admin', 'swagger', 'log', 'limits', 'audit', 'refusals'],
  server: ['public_url', 'try_page', 'trusted_proxies', 'proxy_header', 'connections', 'watch'],
} as const

/** The fixed settings that new workers cannot change either, because the supervisor has what they are about. */
const kept: readonly string[] = ['server.host', 'server.port', 'server.metrics']

/** Returns those of the fixed settings that new workers put in force. */
export function findNeeds(fixed: readonly string[]): string[] {
  return fixed.filter((name) => !kept.includes(name))
}

/** Tells the settings for which a reload of a server with workers lets new ones take over from those that wait for a restart. */
export function splitFixed<T extends { readonly fixed: readonly string[] }>(
  result: T,
): T & { readonly newProcesses: readonly string[] } {
  const newProcesses = findNeeds(result.fixed)
  return { ...result, newProcesses, fixed: result.fixed.filter((name) => kept.includes(name)) }
}

export interface Kept {
  /** The new configuration with the fixed settings of the one in force. */
  readonly loaded: LoadedConfig
  /** Names of the settings that differ and that stay as they are until a restart. */
  readonly fixed: readonly string[]
}

/** Puts the settings that cannot change while the server runs back to what they are. */
export function keepFixed(next: LoadedConfig, running: LoadedConfig): Kept {
  const top = keep(next.config, running.config, [...live.top, 'server'])
  const server = keep(next.config.server, running.config.server, live.server)
  const fixed = [...server.changed.map((name) => `server.${name}`), ...top.changed]
  const config: Config = { ...top.settings, server: server.settings }
  const { storage, dataDir } = running
  return { loaded: { ...next, config, storage, dataDir }, fixed }
}

function keep<T extends object>(
  next: T,
  running: T,
  changing: readonly string[],
): { settings: T; changed: string[] } {
  const settings: T = { ...next }
  const changed: string[] = []
  for (const name of new Set([...Object.keys(running), ...Object.keys(next)]) as Set<keyof T & string>) {
    if (changing.includes(name)) continue
    if (JSON.stringify(next[name]) !== JSON.stringify(running[name])) changed.push(name)
    settings[name] = running[name]
  }
  return { settings, changed }
}
