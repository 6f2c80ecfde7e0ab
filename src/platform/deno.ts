import { plainAddress } from './address.ts'
import { nodePlatform } from './node-process.ts'
import { ListenError, type Listener, type ListenOptions, type Platform } from './platform.ts'

/** The part of Deno's own interface that grantd uses. */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void>; finished: Promise<void> }
}

export function denoPlatform(): Platform {
  return { ...nodePlatform(), name: 'deno', passwordHash: undefined, releaseMemory: () => {}, listen }
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
    drain: stop,
    // Deno has no way to cut connections short; the process ends right after.
    close: async () => void stop(),
  }
}

function start({ hostname, port, fetch }: ListenOptions) {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, (request, info) =>
      fetch(request, { address: () => plainAddress(info.remoteAddr.hostname) }),
    )
  } catch (cause) {
    const inUse = cause instanceof Error && cause.name === 'AddrInUse'
    throw new ListenError(inUse ? 'EADDRINUSE' : String(cause), { cause })
  }
}
