import type { Config } from '../schema.ts'
import { renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { Partly } from './partly.ts'

const everywhere = ['0.0.0.0', '::']

/** Warns of listeners that want one port: the second would find it in use. No fault, because --port may name another. */
export function warnOfSharedPorts(server: Partly<Config['server']> | undefined, source: Source): void {
  const { host, port, metrics, tls } = server ?? {}
  const own = { path: ['server', 'port'], host, port }
  const others = [
    ...(metrics?.enabled === true
      ? [{ path: ['server', 'metrics', 'port'], host: metrics.host, port: metrics.port }]
      : []),
    { path: ['server', 'tls', 'redirect_port'], host, port: tls?.redirect_port ?? undefined },
  ]
  for (const [index, each] of others.entries()) {
    const taken = [own, ...others.slice(0, index)].find((known) => shareOne(known, each))
    if (taken)
      source.warn(
        each.path,
        `${renderPath(each.path)} is ${each.port}, which is ${renderPath(taken.path)} too: the server cannot listen there twice; choose another port`,
      )
  }
}

interface Listener {
  readonly host: string | undefined
  readonly port: number | undefined
}

/** Port 0 is a free one. */
function shareOne(one: Listener, other: Listener): boolean {
  if (!one.port || one.port !== other.port) return false
  return one.host === other.host || [one.host, other.host].some((host) => host && everywhere.includes(host))
}
