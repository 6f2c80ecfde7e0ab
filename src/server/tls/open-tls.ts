import type { LoadedConfig } from '../../config/load.ts'
import type { Log } from '../../log.ts'
import type { Platform } from '../../platform/platform.ts'
import type { WorkerSide } from '../../supervisor/worker-side.ts'
import { takePort } from '../open-port.ts'
import type { TlsService } from './tls-service.ts'

interface OpenTlsOptions {
  readonly host: string
  readonly port: number
  readonly platform: Platform
  readonly log: Log
  readonly worker: WorkerSide | undefined
}

interface OpenedTls {
  /** Undefined: the server speaks no TLS. */
  readonly tls: TlsService | undefined
  /** Where and how to listen. */
  readonly place: {
    readonly host: string
    readonly port: number
    readonly sharePort: boolean
    readonly platform: Pick<Platform, 'listen'>
  }
}

/** Reads the certificate, and finds out how to listen. What TLS needs is loaded only where it is used. Throws CommandError. */
export async function openTls(
  loaded: LoadedConfig,
  { host, port, platform, log, worker }: OpenTlsOptions,
): Promise<OpenedTls> {
  const sharePort = worker !== undefined
  const plain = { host, port, sharePort, platform }
  if (!loaded.config.server.tls) return { tls: undefined, place: plain }
  const { TlsService } = await import('./tls-service.ts')
  const tellOthers = worker && ((fingerprint: string) => worker.certificateChanged(fingerprint))
  const tls = await TlsService.open(loaded, {
    ...{ platform, log, tellOthers, hostname: host, sharePort },
    settings: () => loaded.config.server,
  })
  // A listener that shares its port with those of later certificates cannot find out itself whether the port is free.
  const isShared = platform.canRenewListener && !worker
  const own = isShared ? await takePort({ host, port }, platform) : port
  return { tls, place: { ...plain, port: own, platform: tls } }
}
