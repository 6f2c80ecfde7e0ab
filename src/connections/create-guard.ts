import type { Config } from '../config/schema.ts'
import { groupOf } from '../limits/address-group.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Connections } from '../platform/connections.ts'
import type { Clock } from '../platform/platform.ts'
import { isInRange, parseIpAddress, parseIpRange } from '../protocol/url/ip-address.ts'
import { ConnectionGuard } from './connection-guard.ts'
import { type ConnectionSettings, limitsFor, limitsForSidePort } from './connection-limits.ts'
import { DefenceLog } from './defence-log.ts'

/** Members of `server` in config.yaml. */
export interface GuardedServer extends Pick<Config['server'], 'trusted_proxies'> {
  readonly connections: ConnectionSettings
}

export interface GuardSettings {
  /** Those in force: a reload changes them. */
  readonly settings: () => GuardedServer
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  readonly log: Log
  /** Undefined: nothing is counted. */
  readonly metrics: Metrics | undefined
  /** Whether the port is one beside the main one; its lines of the log name it. */
  readonly isSidePort?: boolean
  /** The waits for bodies. Default: none is ended to make room. */
  readonly bodies?: { endOldest(count: number, options: { readonly age: number }): void }
}

/** In a full process, a body may take so long (ms): nearly all come together with their heads. */
const bodyTimeWhenFull = 100

/** The proxies of this machine come from here. */
const loopback = ['127.0.0.0/8', '::1']

/** The guard of these connections; it does nothing yet. */
export function createGuard(
  connections: Connections,
  { settings, clock, log, metrics, isSidePort = false, bodies }: GuardSettings,
): ConnectionGuard {
  const limits = isSidePort ? limitsForSidePort : limitsFor
  const defenceLog = new DefenceLog(log)
  return new ConnectionGuard({
    connections,
    clock,
    groupOf: followGroups(settings),
    limits: (others) => limits(settings().connections, { most: connections.mostDescriptors, others }),
    refuseBodies: (count) => bodies?.endOldest(count, { age: bodyTimeWhenFull }),
    onLook: ({ now, open, endings }) => {
      metrics?.noteConnections(open)
      for (const { reason } of endings) metrics?.countEndedConnection(reason)
      defenceLog.note(endings, { now, open })
    },
  })
}

function followGroups(settings: () => GuardedServer): ReturnType<typeof createGroups> {
  let proxies = settings().trusted_proxies
  let groups = createGroups(proxies)
  return (address) => {
    const current = settings().trusted_proxies
    if (current !== proxies) {
      proxies = current
      groups = createGroups(current)
    }
    return groups(address)
  }
}

/** The group of an address. Trusted proxies and this machine are in none, because one address stands for many clients there. */
export function createGroups(
  trustedProxies: readonly string[],
): (address: string | undefined) => string | undefined {
  const exempt = [...loopback, ...trustedProxies].flatMap((range) => parseIpRange(range) ?? [])
  return (text) => {
    const address = text === undefined ? undefined : parseIpAddress(text)
    if (address && exempt.some((range) => isInRange(address, range))) return undefined
    return groupOf(text)
  }
}
