import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { renderSamples, type Samples } from './samples.ts'

export interface MetricsAddress {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** The one path of the listener: `GET /metrics`. */
export const metricsPath = '/metrics'

/** Opens the listener of the metrics on a separate port. Throws {@link ListenError}. */
export function serveMetrics(
  { host, port }: MetricsAddress,
  collect: () => Samples | Promise<Samples>,
  { listen }: Pick<Platform, 'listen'>,
): Listener {
  return listen({
    hostname: host,
    port,
    fetch: async ({ method, url }) => {
      // The URL contains the Host of the request, which may be any text.
      if (!URL.canParse(url)) return answer(400, 'Bad request: the Host header names no host\n')
      if (new URL(url).pathname !== metricsPath) return answer(404, 'Not found: metrics are at /metrics\n')
      if (method !== 'GET' && method !== 'HEAD') return answer(405, 'Method not allowed\n', { Allow: 'GET' })
      return answer(200, method === 'HEAD' ? '' : renderSamples(await collect()))
    },
  })
}

function answer(status: number, body: string, headers: Record<string, string> = {}): Response {
  const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8'
  return new Response(body, {
    status,
    headers: { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers },
  })
}
