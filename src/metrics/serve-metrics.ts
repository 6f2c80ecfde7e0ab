import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { isAddressHost, isLoopbackName } from '../protocol/url/host.ts'
import { contentTypes, type Exposition, renderSamples, type Samples } from './samples.ts'

export interface MetricsAddress {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** The paths of the listener: one for Prometheus, and one for people, with its stylesheet. */
export const metricsPath = '/metrics'
export const statusPath = '/status'
const stylePath = '/status.css'

export type StatusPath = typeof statusPath | typeof stylePath

export interface MetricsAnswers {
  readonly collect: () => Samples | Promise<Samples>
  /** The answer to `GET` of {@link statusPath} or {@link stylePath}. */
  readonly renderStatus: (path: StatusPath) => Response | Promise<Response>
}

/** Opens the listener of the metrics on a separate port. Throws {@link ListenError}. */
export function serveMetrics(
  { host, port }: MetricsAddress,
  answers: MetricsAnswers,
  { listen }: Pick<Platform, 'listen'>,
): Listener {
  return listen({
    hostname: host,
    port,
    fetch: async (request) => {
      const response = await answer(request, answers, host)
      response.headers.set('X-Content-Type-Options', 'nosniff')
      return request.method === 'HEAD' ? new Response(null, response) : response
    },
  })
}

async function answer(
  { method, url, headers }: Request,
  answers: MetricsAnswers,
  host: string,
): Promise<Response> {
  // The URL contains the Host of the request, which may be any text.
  if (!URL.canParse(url)) return text(400, 'Bad request: the Host header names no host\n')
  const { hostname, pathname: path } = new URL(url)
  if (isLoopbackName(host) && isForeign(hostname, host)) return text(421, misdirected)
  if (path !== metricsPath && path !== statusPath && path !== stylePath)
    return text(404, 'Not found: metrics are at /metrics, and a page for people is at /status\n')
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'Method not allowed\n', { Allow: 'GET, HEAD' })
  if (path !== metricsPath) return answers.renderStatus(path)
  const exposition = expositionFor(headers.get('accept'))
  const body = renderSamples(await answers.collect(), exposition)
  return text(200, body, { 'Content-Type': contentTypes[exposition] })
}

const misdirected =
  'Misdirected request: this port is for this machine; its Host is localhost, an address, or that of server.metrics.host\n'

/**
 * Whether a name is none of this machine. A page of any site can give its own name the address of this machine, and would then read what
 * the port answers in the browser of whoever looks at the page.
 */
function isForeign(hostname: string, host: string): boolean {
  return !isLoopbackName(hostname) && !isAddressHost(hostname) && hostname !== host.toLowerCase()
}

/** OpenMetrics for those who name it, as Prometheus does, and the older text for all others. */
function expositionFor(accept: string | null): Exposition {
  const wanted = (accept ?? '')
    .split(',')
    .some((part) => /^\s*application\/openmetrics-text\b(?!.*;\s*q=0(?:\.0*)?\s*(?:;|$))/i.test(part))
  return wanted ? 'openmetrics' : 'text'
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
  })
}
