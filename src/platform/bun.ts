import { plainAddress } from './address.ts'
import { nodePlatform } from './node-process.ts'
import { ListenError, type Listener, type ListenOptions, type Platform } from './platform.ts'

/** Above what any endpoint takes, so that our own limit, which answers in JSON, is met first. */
const maxRequestBodySize = 1024 * 1024

export function bunPlatform(): Platform {
  return {
    ...nodePlatform(),
    name: 'bun',
    passwordHash: { verify: (secret, hash) => Bun.password.verify(secret, hash) },
    releaseMemory: () => Bun.gc(true),
    listen,
  }
}

function listen(options: ListenOptions): Listener {
  const server = start(options)
  return {
    port: server.port ?? options.port,
    drain: () => server.stop(false),
    close: () => server.stop(true),
  }
}

function start({ hostname, port, fetch }: ListenOptions): Bun.Server<undefined> {
  try {
    // With reusePort, Linux would let a second copy share the port in silence.
    return Bun.serve({
      hostname,
      port,
      fetch: (request, server) =>
        fetch(request, { address: () => plainAddress(server.requestIP(request)?.address) }),
      reusePort: false,
      development: false,
      maxRequestBodySize,
    })
  } catch (cause) {
    throw new ListenError(cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause), {
      cause,
    })
  }
}
