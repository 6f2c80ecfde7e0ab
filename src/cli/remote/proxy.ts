import type { Platform } from '../../platform/platform.ts'
import { isInSubnet } from '../../protocol/url/ip-address.ts'
import { CommandError } from '../command.ts'

/** A proxy that the environment names for a URL. */
export interface NamedProxy {
  readonly url: string
  /** The variable that names it. Messages show it instead of the URL, which may contain a password. */
  readonly variable: string
}

/** Addresses of this machine itself. */
const loopback = ['127.0.0.0/8', '::1', '0.0.0.0', '::']

/**
 * The proxy for a URL by HTTP_PROXY or HTTPS_PROXY, read as curl reads them. Undefined: no proxy; always so for this machine itself
 * and for the hosts of NO_PROXY. Throws CommandError for a variable that names no HTTP proxy.
 */
export function findProxy(url: string, environment: Platform['environment']): NamedProxy | undefined {
  const target = new URL(url)
  const [, host = ''] = /^\[?(.*?)\]?\.?$/.exec(target.hostname) ?? []
  const port = target.port || (target.protocol === 'https:' ? '443' : '80')
  const name = target.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const variable = [name, name.toUpperCase()].find((each) => environment(each))
  const text = variable && environment(variable)
  if (!variable || !text || isLoopbackHost(host)) return undefined
  const exceptions = environment('no_proxy') || environment('NO_PROXY') || ''
  if (exceptions.split(/[\s,]+/).some((entry) => matches(entry.toLowerCase(), { host, port })))
    return undefined
  return { url: parseProxy(text, variable), variable }
}

function isLoopbackHost(host: string): boolean {
  return /^(?:.*\.)?localhost$/.test(host) || loopback.some((range) => isInSubnet(host, range))
}

/**
 * Whether an entry of NO_PROXY matches the target. An entry is `*`, an address, a subnet, or a domain with its subdomains, with or without
 * a port.
 */
function matches(entry: string, { host, port }: { host: string; port: string }): boolean {
  if (entry === '') return false
  if (entry === '*' || isInSubnet(host, entry)) return true
  const { name = '', wanted = port } = /^\[?(?<name>.*?)\]?(?::(?<wanted>\d+))?$/.exec(entry)?.groups ?? {}
  if (wanted !== port) return false
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return host === domain || (domain !== '' && host.endsWith(`.${domain}`)) || isInSubnet(host, name)
}

function parseProxy(text: string, variable: string): string {
  const url = text.includes('://') ? text : `http://${text}`
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) return url
  throw new CommandError(
    `${variable} names no proxy, wanted one such as http://proxy.example.com:3128; correct it, or put the server into NO_PROXY`,
  )
}
