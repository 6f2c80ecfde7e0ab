import { plainAddress } from '../address.ts'
import type { PasswordHash } from '../hashing.ts'
import { ListenError, type Listener, type ListenOptions } from '../network.ts'
import { nodePlatform } from '../node/node-process.ts'
import type { Platform, Way } from '../platform.ts'
import { createBatches } from './bun-batches.ts'
import { bunHashing } from './bun-hashing.ts'
import { bunSteering } from './bun-steering.ts'
import { tlsSettings } from './bun-tls.ts'

/** More bytes than any endpoint accepts, so that our own limit refuses the request first, with an answer in JSON. */
const maxRequestBodySize = 1024 * 1024

/** Each takes some megabytes. Where there are more cores, the threads of the runtime do the rest. */
const mostPasswordThreads = 4

export function bunPlatform(): Platform {
  const shared = nodePlatform()
  return {
    ...shared,
    canRenewListener: shared.canSharePort,
    name: 'bun',
    hashing: bunHashing,
    passwordHash: laterPasswords(),
    quickCurves: ['P-256', 'Ed25519'],
    fetch: sendRequest,
    listen: (options) => listen(options),
  }
}

function laterPasswords(): PasswordHash {
  const load = async () => {
    // Loaded at its use, to keep the start short.
    const { bunPasswords, startPasswordThread } = await import('./bun-passwords.ts')
    // Only Linux has a priority for each thread.
    const most = process.platform === 'linux' ? mostPasswordThreads : 0
    return bunPasswords({ most, start: startPasswordThread })
  }
  let loading: Promise<PasswordHash> | undefined
  const find = () => (loading ??= load())
  return {
    verify: async (...job) => (await find()).verify(...job),
    hash: async (...job) => (await find()).hash(...job),
  }
}

function sendRequest(url: string, init: RequestInit, { proxy, isUnverified }: Way): Promise<Response> {
  return fetch(url, {
    ...init,
    proxy: proxy === undefined ? false : { url: proxy, respectNoProxy: false },
    // Both are set here, because the environment could change them. Then secrets would be printed, or sent to an unverified server.
    verbose: false,
    tls: { rejectUnauthorized: !isUnverified },
  })
}

/** The other ends whose request waits for its answer, as `address:port`. */
type FindBusy = () => readonly string[]

/** `busy` has those of all listeners that replace one another. */
function listen(options: ListenOptions, busy: FindBusy[] = []): Listener {
  const inHand: (Request | undefined)[] = []
  const server = start(options, inHand)
  const port = server.port ?? options.port
  // Of those before, one may still have requests.
  busy.splice(0, busy.length - 1)
  busy.push(() =>
    inHand.flatMap((request) => {
      const peer = request && server.requestIP(request)
      return peer ? [`${plainAddress(peer.address)}:${peer.port}`] : []
    }),
  )
  const findBusy = () => new Set(busy.flatMap((find) => find()))
  return {
    port,
    // Loaded at its use, to keep the start short.
    holdOff: async () => (await import('./bun-hold-off.ts')).holdOff(port),
    openConnections: async () =>
      (await import('./bun-connections.ts')).openConnections(port, findBusy).catch(() => undefined),
    drain: () => server.stop(false),
    close: () => server.stop(true),
    ...(options.sharePort === true && {
      steering: bunSteering,
      renew: async (changed) =>
        (await import('./bun-renewal.ts')).renew(port, () => listen({ ...options, ...changed, port }, busy)),
    }),
  }
}

function start(
  { hostname, port, fetch, sharePort = false, idleTimeout = 75, tls }: ListenOptions,
  inHand: (Request | undefined)[],
): Bun.Server<undefined> {
  const take = createBatches((callback) => void setImmediate(callback), inHand)
  try {
    return Bun.serve({
      hostname,
      port,
      fetch: (request, server) =>
        take(request, () =>
          fetch(withWholeUrl(request), { address: () => plainAddress(server.requestIP(request)?.address) }),
        ),
      // Otherwise Linux would silently let a second copy share the port.
      reusePort: sharePort,
      idleTimeout,
      ...(tls && { tls: tlsSettings(tls) }),
      development: false,
      maxRequestBodySize,
    })
  } catch (cause) {
    throw new ListenError(cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause), {
      cause,
    })
  }
}

/**
 * Returns the request with a URL that has a host. If Host is empty, or missing as HTTP/1.0 allows, Bun gives only the target, such as
 * `/health`. Bun refuses HTTP/1.1 without a Host, as RFC 9112 section 3.2 requires. Deno always adds a host.
 */
function withWholeUrl(request: Request): Request {
  if (!request.url.startsWith('/')) return request
  const url = `http://localhost${request.url}`
  // URL resolves dot segments, as Bun does for a request with a Host; Request would keep them.
  return URL.canParse(url) ? new Request(new URL(url), request) : request
}
