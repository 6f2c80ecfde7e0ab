import { refuseBeside } from '../cli/check-use.ts'
import { type Command, exitCodes } from '../cli/command.ts'
import { getConfigPath, withDataDir } from '../cli/find-config.ts'
import { configOption, dataDirOption, jsonOption, settingOf } from '../cli/options.ts'
import { renderCount } from '../cli/render-count.ts'
import { stylesFor } from '../cli/style.ts'
import { ConfigError, type Fault, renderFault } from '../config/fault.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { inspectAccess } from '../offline/inspect-keys.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

export const checkCommand: Command = {
  name: 'check',
  group: 'Configure',
  summary: 'Check a configuration and its keys, and tell all that is wrong',
  words: '[FILE]',
  mostWords: 1,
  options: [configOption, dataDirOption, jsonOption],
  details:
    'Prints every fault and warning with file, line and column. Ends with 0 when nothing is wrong, else with 78.',
  example: 'grantd check /etc/grantd/config.yaml',
  run: check,
}

interface Findings {
  readonly loaded: LoadedConfig | undefined
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
}

async function check(args: ParsedArguments, platform: Platform): Promise<number> {
  if (args.positionals.length > 0) refuseBeside('FILE', ['config'], args)
  const file = args.positionals[0] ?? (await getConfigPath(args, platform))
  const findings = await findFaults(file, settingOf(dataDirOption, args, platform), platform)
  if (args.isSet('json')) writeJson(findings, platform)
  else writeText(file, findings, platform)
  return findings.faults.length === 0 ? exitCodes.ok : exitCodes.config
}

async function findFaults(file: string, dataDir: string | undefined, platform: Platform): Promise<Findings> {
  try {
    const loaded = withDataDir(await loadConfig(file, platform), dataDir, platform)
    const { complaints, faults, exposures } = await inspectAccess(loaded, platform)
    const toFault = (message: string): Fault => ({ file, position: undefined, message })
    const warnings = exposures.map(({ path, complaint }) => toFault(`${path} ${complaint}`))
    return {
      loaded,
      faults: [...faults, ...complaints.map(toFault)],
      warnings: [...loaded.warnings, ...warnings],
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { loaded: undefined, faults: error.faults, warnings: error.warnings }
  }
}

function writeJson({ faults, warnings }: Findings, { writeOut }: Platform): void {
  const flat = ({ file, position, message }: Fault) => ({ file, ...position, message })
  writeOut(
    `${JSON.stringify({ ok: faults.length === 0, faults: faults.map(flat), warnings: warnings.map(flat) })}\n`,
  )
}

function writeText(file: string, { loaded, faults, warnings }: Findings, platform: Platform): void {
  for (const fault of faults) platform.writeError(`${renderFault(fault)}\n`)
  for (const warning of warnings) platform.writeError(`warning: ${renderFault(warning)}\n`)
  if (!loaded || faults.length > 0) return
  const tenants = Object.values(loaded.config.tenants)
  const clients = tenants.reduce((sum, tenant) => sum + Object.keys(tenant.clients).length, 0)
  const { green } = stylesFor(platform)
  platform.writeOut(
    `${green('ok')}: ${file}: ${renderCount(tenants.length, 'tenant')}, ${renderCount(clients, 'client')}, ${renderCount(warnings.length, 'warning')}\n`,
  )
}
