import process from 'node:process'
import { plainAddress } from './address.ts'
import { ListenError, type Listener, type ListenOptions } from './network.ts'
import { nodeHashing } from './node/node-hashing.ts'
import { nodePlatform } from './node/node-process.ts'
import type { Platform, Way } from './platform.ts'

/** The part of Deno's own interface that grantd uses. */
declare const Deno: {
  serve(
    options: {
      hostname: string
      port: number
      reusePort: boolean
      onListen: () => void
      cert?: string
      key?: string
    },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void>; finished: Promise<void> }
  createHttpClient(options: { proxy: { url: string } }): object
}

export function denoPlatform(): Platform {
  const shared = nodePlatform()
  // A worker would need the permission to run programs, and this process cannot read which permissions it was started with.
  const processes = { ...shared.processes, startAgain: undefined }
  return {
    ...shared,
    name: 'deno',
    hashing: nodeHashing,
    passwordHash: undefined,
    fetch: sendRequest,
    outbound: {
      resolve: shared.outbound.resolve,
      post: (request) => withoutProxies(() => shared.outbound.post(request)),
    },
    processes,
    // P-256 is left out, because Deno takes 700 microseconds for it.
    quickCurves: ['Ed25519'],
    listen,
  }
}

const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'node_use_env_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
])

/** Makes a new client for the request. The default client would use the proxy that Deno reads from the environment at the first request. */
async function sendRequest(url: string, init: RequestInit, { proxy }: Way): Promise<Response> {
  if (proxy !== undefined) {
    const client = Deno.createHttpClient({ proxy: { url: proxy } })
    return fetch(url, Object.assign({}, init, { client }))
  }
  return withoutProxies(() => fetch(url, init))
}

async function withoutProxies<T>(work: () => Promise<T>): Promise<T> {
  const kept = proxyVariables.map((name) => [name, process.env[name]] as const)
  for (const name of proxyVariables) delete process.env[name]
  try {
    return await work()
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value
  }
}

function listen(options: ListenOptions): Listener {
  const server = start(options)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= server.shutdown()
    return stopped
  }
  return {
    port: server.addr.port,
    holdOff: async () => false,
    drain: stop,
    // Deno cannot close connections at once. The process ends right after this.
    close: async () => void stop(),
  }
}

function start({ hostname, port, fetch, sharePort = false, tls }: ListenOptions) {
  try {
    const secure = tls && { cert: tls.certificate, key: tls.key }
    return Deno.serve(
      { hostname, port, reusePort: sharePort, onListen: () => {}, ...secure },
      (request, info) => fetch(request, { address: () => plainAddress(info.remoteAddr.hostname) }),
    )
  } catch (cause) {
    const inUse = cause instanceof Error && cause.name === 'AddrInUse'
    throw new ListenError(inUse ? 'EADDRINUSE' : String(cause), { cause })
  }
}
