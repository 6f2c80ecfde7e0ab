import type { LogLevel, LogLook } from '../log.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import type { Option } from './command.ts'
import { settingOf } from './options.ts'
import { hasColours } from './style.ts'

export const logLevelOption: Option = {
  name: 'log-level',
  value: 'LEVEL',
  description: 'info, warn or error, in place of log.level',
  env: 'GRANTD_LOG_LEVEL',
}

export const logFormatOption: Option = {
  name: 'log-format',
  value: 'FORMAT',
  description: 'auto, json or pretty, in place of log.format',
  env: 'GRANTD_LOG_FORMAT',
}

/** `log` of config.yaml. */
export interface LogSettings {
  readonly level: LogLevel
  readonly format: 'auto' | 'json' | 'pretty'
}

const levels: readonly LogLevel[] = ['info', 'warn', 'error']
const formats: readonly LogSettings['format'][] = ['auto', 'json', 'pretty']

/**
 * Returns how the log looks with the settings of a configuration, or before there is one. Options and variables win. The result is the
 * same object for the same settings. Throws UsageError.
 */
export function createLogLook(
  args: ParsedArguments,
  platform: Platform,
): (settings?: LogSettings) => LogLook {
  const level = parse(logLevelOption, levels, settingOf(logLevelOption, args, platform))
  const format = parse(logFormatOption, formats, settingOf(logFormatOption, args, platform))
  let last: { readonly settings: LogSettings | undefined; readonly look: LogLook } | undefined
  return (settings) => {
    if (last && last.settings === settings) return last.look
    const asked = format ?? settings?.format ?? 'auto'
    const look: LogLook = {
      level: level ?? settings?.level ?? 'info',
      format: asked === 'auto' ? (platform.isTerminal ? 'pretty' : 'json') : asked,
      hasColours: hasColours(platform),
    }
    last = { settings, look }
    return look
  }
}

function parse<T extends string>(
  option: Option,
  known: readonly T[],
  text: string | undefined,
): T | undefined {
  if (text === undefined) return undefined
  const found = known.find((one) => one === text)
  if (found !== undefined) return found
  throw new UsageError(
    `The ${option.name.replace('-', ' ')} is '${text}', wanted ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`,
  )
}
