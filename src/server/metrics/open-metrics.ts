import type { GuardedServer } from '../../connections/create-guard.ts'
import { prepareGuard } from '../../connections/prepare-guard.ts'
import type { Log } from '../../log.ts'
import {
  type MetricsAddress,
  type MetricsAnswers,
  metricsPath,
  serveMetrics,
} from '../../metrics/serve-metrics.ts'
import type { Listener } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { hostInUrl } from '../../protocol/url/host.ts'
import { openPort } from '../open-port.ts'

/** The port defends itself whatever the configuration says of the main one, which other programs reach. */
const limits: GuardedServer = {
  connections: { most: null, most_per_address: null, request_time: 10, answer_time: 60 },
  trusted_proxies: [],
}

/** Serves metrics and the status page, and logs the address. Throws CommandError if the port cannot be opened. */
export function openMetrics(
  { host, port }: MetricsAddress,
  answers: Pick<MetricsAnswers, 'collect' | 'renderStatus'>,
  { platform, log }: { platform: Pick<Platform, 'listen' | 'after' | 'monotonic'>; log: Log },
): Listener {
  const listen: Platform['listen'] = (options) => openPort(options, platform, 'server.metrics.port')
  const listener = serveMetrics({ host, port }, answers, { listen })
  log('info', 'metrics are served', { url: `http://${hostInUrl(host)}:${listener.port}${metricsPath}` })
  const guarded = { settings: () => limits, clock: platform, log, metrics: undefined, isSidePort: true }
  const guard = prepareGuard(listener, guarded)
  guard.start()
  const close = () => {
    guard.stop()
    return listener.close()
  }
  return { ...listener, close }
}
