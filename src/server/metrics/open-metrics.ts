import type { Log } from '../../log.ts'
import {
  type MetricsAddress,
  type MetricsAnswers,
  metricsPath,
  serveMetrics,
} from '../../metrics/serve-metrics.ts'
import type { Listener } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { openPort } from '../open-port.ts'

/** Serves metrics and the status page, and logs the address. Throws CommandError if the port cannot be opened. */
export function openMetrics(
  { host, port }: MetricsAddress,
  answers: Pick<MetricsAnswers, 'collect' | 'renderStatus'>,
  { platform, log }: { platform: Pick<Platform, 'listen'>; log: Log },
): Listener {
  const listen: Platform['listen'] = (options) => openPort(options, platform, 'server.metrics.port')
  const listener = serveMetrics({ host, port }, answers, { listen })
  const shown = host.includes(':') ? `[${host}]` : host
  log('info', 'metrics are served', { url: `http://${shown}:${listener.port}${metricsPath}` })
  return listener
}
