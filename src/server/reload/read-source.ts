import { type ConfigHost, type LoadedConfig, loadConfig, loadConfigText } from '../../config/load.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'

/** There is no file of a configuration to reload. */
export class NoFile extends Error {}

/** The configuration of a file, or of the texts that were read from it. Throws ConfigError, and NoFile for a demo. */
export async function readSource(source: ConfigSource, platform: ConfigHost): Promise<LoadedConfig> {
  const { path, folder, text, inclusion } = source
  if (path === null) throw new NoFile('there is no config.yaml, and the server is a demo; restart it for one')
  if (text === null) return loadConfig(path, platform)
  // The name may be relative to the folder of a command, and this process may run in another one.
  const absolute = platform.files.resolve(folder, path.slice(path.lastIndexOf('/') + 1))
  const named = { file: path, path: absolute, text, folder }
  return loadConfigText({ ...named, ...(inclusion && { inclusion }) }, platform)
}
