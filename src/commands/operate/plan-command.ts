import { refuseBeside } from '../../cli/check-use.ts'
import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { getConfigPath } from '../../cli/find-config.ts'
import { configOption, dataDirOption, jsonOption } from '../../cli/options.ts'
import { type Change, compareConfigs } from '../../config/changes/compare-configs.ts'
import { ConfigError, renderFault } from '../../config/fault.ts'
import { loadConfig } from '../../config/load.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { sourceAt } from '../../server/reload/find-source.ts'
import { keepFixed } from '../../server/reload/fixed-settings.ts'
import type { PlanResult } from '../../supervisor/worker-messages.ts'
import { askServers } from './ask-servers.ts'
import { countChanges, renderPlan } from './render-plan.ts'

export const planCommand: Command = {
  name: 'plan',
  group: 'Configure',
  summary: 'Tell what a configuration would change in the running server, before it does',
  words: '[FILE]',
  mostWords: 1,
  options: [
    configOption,
    dataDirOption,
    { name: 'against', value: 'FILE', description: 'compare with this file, and ask no server' },
    jsonOption,
  ],
  details:
    'Compares FILE, or the configuration itself, with what is in force. Values of secrets and passwords are never shown.\nEnds with 0 when nothing changes, with 2 when something does, with 1 when no server runs,\nand with 78 when the file has a fault.',
  example: 'grantd plan new.yaml',
  run: plan,
}

/** Something changes. */
const somethingChanges = 2

async function plan(args: ParsedArguments, platform: Platform): Promise<number> {
  const file = args.positionals[0] ?? (await getConfigPath(args, platform))
  const against = args.text('against')
  const unread = args.positionals[0] === undefined ? ['data-dir'] : ['data-dir', 'config']
  if (against !== undefined) refuseBeside('--against', unread, args)
  const result =
    against === undefined
      ? await askRunning(file, args, platform)
      : await compareFiles(against, file, platform)
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(result)}\n`)
  if (!result.isTaken) {
    if (!args.isSet('json')) for (const fault of result.faults) platform.writeError(`${fault}\n`)
    return exitCodes.config
  }
  const changes = result.changes as readonly Change[]
  const plan = { ...result, changes, isOffline: against !== undefined }
  if (!args.isSet('json')) platform.writeOut(renderPlan(plan, platform))
  return countChanges(plan) > 0 ? somethingChanges : exitCodes.ok
}

async function askRunning(file: string, args: ParsedArguments, platform: Platform): Promise<PlanResult> {
  const source = await sourceAt(file, platform)
  // Reports why the file cannot be read.
  if (source.text === null) return findFaults(() => loadConfig(file, platform))
  const [answer] = await askServers({ command: 'plan', source }, args, platform)
  if (answer && 'plan' in answer) return answer.plan
  throw new CommandError('The server gave another answer than was asked for')
}

async function compareFiles(before: string, after: string, platform: Platform): Promise<PlanResult> {
  return findFaults(async () => {
    const running = await loadConfig(before, platform)
    const { loaded, fixed } = keepFixed(await loadConfig(after, platform), running)
    const changes = await compareConfigs(running.config, loaded.config)
    return { isTaken: true, changes, fixed } as const
  })
}

async function findFaults(work: () => Promise<unknown>): Promise<PlanResult> {
  try {
    return (await work()) as PlanResult
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return { isTaken: false, faults: cause.faults.map(renderFault) }
  }
}
