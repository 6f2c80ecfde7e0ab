import type { LoadedConfig } from '../config/load.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { configOption, parseFolder, settingOf } from './options.ts'

/** The places to look for a configuration when none is named: the current folder, then the system's. */
const places = ['config.yaml', '/etc/grantd/config.yaml'] as const

/** The configuration that is named or that is in one of its places; undefined when there is none. */
export async function findConfig(args: ParsedArguments, platform: Platform): Promise<string | undefined> {
  const named = settingOf(configOption, args, platform)
  if (named !== undefined) return named
  for (const place of places) {
    if (await platform.files.facts(place)) return place
  }
  return undefined
}

/** The path of a configuration; undefined when there is none. */
export type FindPath = () => Promise<string | undefined>

/**
 * Finds the configuration as {@link findConfig} does, and keeps to the path that it found first: where the file of a server is gone, a file
 * in another place must not take its place.
 */
export function createConfigFinder(args: ParsedArguments, platform: Platform): FindPath {
  let found: string | undefined
  return async () => (found ??= await findConfig(args, platform))
}

/** Like {@link findConfig}; returns the first place when there is none, so that loading reports it as missing. */
export async function getConfigPath(args: ParsedArguments, platform: Platform): Promise<string> {
  return (await findConfig(args, platform)) ?? places[0]
}

/** The configuration with another data_dir, if one is given. A configuration without a data_dir stays as it is. Throws UsageError. */
export function withDataDir(
  loaded: LoadedConfig,
  folder: string | undefined,
  { files }: Platform,
): LoadedConfig {
  if (folder === undefined) return loaded
  const dataDir = files.resolve(parseFolder(folder))
  return loaded.dataDir === undefined ? loaded : { ...loaded, dataDir }
}

/** The configuration with the address that is listened on, because what is served depends on it: the try page is for loopback. */
export function withHost(loaded: LoadedConfig, host: string | undefined): LoadedConfig {
  if (host === undefined) return loaded
  const { config } = loaded
  return { ...loaded, config: { ...config, server: { ...config.server, host } } }
}
