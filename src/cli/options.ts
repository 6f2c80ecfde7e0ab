import { formats } from '../config/formats.ts'
import { findPlaceholder } from '../config/yaml/placeholders.ts'
import { MissingOptionError, type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { isMembers, parseJson } from '../protocol/members.ts'
import type { Option } from './command.ts'
import { isServiceLink } from './surroundings.ts'

export const configOption: Option = {
  name: 'config',
  value: 'PATH',
  description: 'the configuration; default config.yaml, else /etc/grantd/config.yaml',
  env: 'GRANTD_CONFIG',
}

/** Options that only these choices of a command know. */
export function optionsOf(of: readonly string[], options: readonly Option[]): Option[] {
  return options.map((option) => ({ ...option, of }))
}

export function scopesOption(description: string): Option {
  return { name: 'scopes', value: 'A,B', description, aliases: ['scope'] }
}

/** Scopes separated by commas or spaces; undefined for an option that is not set. */
export function parseScopes(text: string | undefined): string[] | undefined {
  return text?.split(/[\s,]+/).filter((part) => part !== '')
}

/** The items of a list separated by commas; undefined for an option that is not set. */
export function parseList(text: string | undefined): string[] | undefined {
  return text?.split(',').filter((part) => part !== '')
}

/** The JSON object that an option holds; undefined for an option that is not there. Throws UsageError. */
export function parseJsonObject(name: string, args: ParsedArguments): object | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  const value = parseJson(text)
  if (isMembers(value)) return value
  throw new UsageError(
    `--${name} wants a JSON object such as {"plan":"gold"}, in single quotes for the shell`,
  )
}

export const jsonOption: Option = { name: 'json', description: 'print JSON, for scripts' }

export const hostOption: Option = {
  name: 'host',
  value: 'HOST',
  description: 'address to listen on, in place of server.host',
  env: 'GRANTD_HOST',
}
export const portOption: Option = {
  name: 'port',
  value: 'PORT',
  description: 'port, in place of server.port; 0 takes a free one',
  env: 'GRANTD_PORT',
}
export const dataDirOption: Option = {
  name: 'data-dir',
  value: 'PATH',
  description: 'folder of the keys and the database, in place of data_dir',
  env: 'GRANTD_DATA_DIR',
}

export const workersOption: Option = {
  name: 'workers',
  value: 'N',
  description: 'processes on the port, with one that looks after them; auto: one for each processor',
  env: 'GRANTD_WORKERS',
}

/** The options of every command that opens the storage. */
export const storageOptions = [configOption, dataDirOption] as const

/** A default issuer contains the port, so a command has to know the port of the server. */
export const issuerPortOption: Option = {
  ...portOption,
  description: 'port of the server, where the issuer is http://localhost and the port',
}

export function tenantOption(description: string): Option {
  return { name: 'tenant', value: 'ID', description }
}

export function clientOption(description: string, aliases: readonly string[] = []): Option {
  return { name: 'client', value: 'ID', description, ...(aliases.length > 0 && { aliases }) }
}

/** The client id in YAML to paste. Throws UsageError. */
export function clientIdToPaste(args: ParsedArguments): string {
  const client = args.text('client') ?? 'my-service'
  const format = formats['client-id']
  if (!format?.accepts(client)) throw new UsageError(`The client id is '${client}', wanted ${format?.wanted}`)
  return client
}

/** The value of a required option. Throws UsageError. */
export function getOption(
  name: string,
  { args, command }: { args: ParsedArguments; command: string },
): string {
  const value = args.text(name)
  if (value) return value
  throw new MissingOptionError(command, name)
}

/** The value of an option, or otherwise of its environment variable. An empty variable and a Service link count as unset. */
export function settingOf(option: Option, args: ParsedArguments, platform: Platform): string | undefined {
  return args.text(option.name) ?? (option.env ? findVariable(option.env, platform) : undefined)
}

function findVariable(variable: string, { environment }: Platform): string | undefined {
  const text = environment(variable)
  return !text || isServiceLink(variable, text) ? undefined : text
}

/** A port from 0 to 65535. Throws UsageError. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`The port is '${text}', wanted a whole number from 0 to 65535`)
}

/** An IPv6 address may be in brackets, as in a URL. */
export function parseHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/s, '$1')
  if (formats['host']?.accepts(host)) return host
  throw new UsageError(`The host is '${text}', wanted ${formats['host']?.wanted}`)
}

/** A path without `~` and placeholders, as data_dir of config.yaml takes it. Throws UsageError. */
export function parseFolder(text: string): string {
  if (formats['path']?.accepts(text) && findPlaceholder(text) === undefined) return text
  throw new UsageError(`The data folder is '${text}', wanted ${formats['path']?.wanted}`)
}

const mostWorkers = 256

/** A number from 1 to 256, or `auto`. Throws UsageError. */
export function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= mostWorkers) return count
  throw new UsageError(
    `The number of workers is '${text}', wanted auto or a whole number from 1 to ${mostWorkers}`,
  )
}
