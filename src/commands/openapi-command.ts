import { renderDocument } from '../app.ts'
import { type Command, exitCodes } from '../cli/command.ts'
import { findConfig } from '../cli/find-config.ts'
import { configOption } from '../cli/options.ts'
import { loadConfig, parseConfig } from '../config/load.ts'
import { publicUrlOf } from '../config/rules/public-url.ts'
import { AttemptLimits } from '../limits/attempt-limits.ts'
import { Rates } from '../limits/rates/rates.ts'
import { createLog } from '../log.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { composeDeps } from '../server/compose.ts'
import { composeKeyring } from '../server/compose-keys.ts'
import { LastUse } from '../storage/last-use.ts'
import { createMemoryStorage } from '../storage/memory.ts'

export const openapiCommand: Command = {
  name: 'openapi',
  group: 'More',
  summary: 'Print the OpenAPI document without a server',
  options: [configOption],
  example: 'grantd openapi > openapi.json',
  run: printDocument,
}

async function printDocument(args: ParsedArguments, platform: Platform): Promise<number> {
  const path = await findConfig(args, platform)
  const empty = { file: 'none', text: 'tenants: {}', folder: '.' }
  const loaded = path === undefined ? await parseConfig(empty, platform) : await loadConfig(path, platform)
  const { server } = loaded.config
  const storage = createMemoryStorage()
  const now = () => 0
  const log = createLog(() => {}, now)
  const audit = { record: () => {} }
  const limiting = { ...platform, storage, settings: loaded.config.limits, onError: () => {} }
  const deps = composeDeps(loaded, {
    platform,
    now,
    randomBytes: platform.randomBytes,
    log,
    lifecycle: { phase: 'starting' },
    storage,
    audit,
    auditTrails: { read: async () => ({ events: [], next: undefined, damaged: [] }) },
    lastUse: new LastUse({ storage, after: platform.after, isThere: async () => true, onError: () => {} }),
    limits: new AttemptLimits(limiting),
    rates: new Rates(limiting),
    expiryCutoff: () => 0,
    keyring: await composeKeyring(loaded, platform, {
      storage,
      now,
      monotonic: platform.monotonic,
      log,
      audit,
    }),
    publicUrl: publicUrlOf(server),
  })
  const document: unknown = JSON.parse(await renderDocument(deps))
  platform.writeOut(`${JSON.stringify(document, null, 2)}\n`)
  return exitCodes.ok
}
