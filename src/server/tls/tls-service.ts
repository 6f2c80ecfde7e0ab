import { CommandError } from '../../cli/command.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { readTlsPair, type TlsPair } from '../../config/rules/tls-files.ts'
import type { Config } from '../../config/schema.ts'
import type { TlsConfig } from '../../config/service/tls-schema.ts'
import { type PreparedGuard, prepareGuard } from '../../connections/prepare-guard.ts'
import { type Log, renderCause } from '../../log.ts'
import type { Samples } from '../../metrics/samples.ts'
import { ListenError, type Listener, type ListenOptions } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { openPort } from '../open-port.ts'
import { ExpiryWarnings } from './expiry.ts'
import { PairWatch } from './pair-watch.ts'
import { createRedirect } from './redirect.ts'
import { TlsListener } from './tls-listener.ts'

export interface TlsHost {
  readonly platform: Platform
  readonly log: Log
  /** Tells the supervisor of a new pair, which then orders all workers to {@link TlsService.renew}. Undefined: there is no supervisor. */
  readonly tellOthers: ((fingerprint: string) => void) | undefined
  readonly hostname: string
  readonly sharePort: boolean
  /** Those in force. */
  readonly settings: () => Config['server']
}

/** Milliseconds in which a handshake that began at the older listener completes. */
const handshakeTime = 3000

/** TLS of one process: its certificate, what replaces it, and the port that redirects. */
export class TlsService {
  readonly #settings: TlsConfig
  readonly #host: TlsHost
  readonly #watch: PairWatch
  readonly #expiry: ExpiryWarnings
  #inForce: TlsPair
  #listener: TlsListener | undefined
  #redirect: Listener | undefined
  #guard: PreparedGuard | undefined
  readonly #loads = { ok: 0, failed: 0 }

  private constructor(settings: TlsConfig, first: TlsPair, host: TlsHost & Pick<LoadedConfig, 'resolve'>) {
    this.#settings = settings
    this.#host = host
    this.#inForce = first
    this.#expiry = new ExpiryWarnings(host.log)
    this.#watch = new PairWatch(settings, host, {
      first,
      onPair: (pair) => this.#take(pair),
      onLook: ({ facts }) => this.#expiry.look(facts, host.platform.now()),
    })
  }

  /** Reads the pair of the configuration, which must have one. Throws CommandError for a pair that cannot be used. */
  static async open({ config, resolve }: LoadedConfig, host: TlsHost): Promise<TlsService> {
    const { tls } = config.server
    if (!tls) throw new TypeError('The configuration has no server.tls')
    const read = await readTlsPair(tls, { ...host, resolve })
    if ('pair' in read) return new TlsService(tls, read, { ...host, resolve })
    throw new CommandError(`server.tls.${read.key} names the file ${tls[read.key]}, which ${read.fault}`)
  }

  /** Opens the port with TLS. Call it once. Throws ListenError, and CommandError for a pair that the runtime refuses. */
  readonly listen = (options: ListenOptions): Listener => {
    const { platform } = this.#host
    const sharePort = options.sharePort === true || platform.canRenewListener
    try {
      this.#listener = new TlsListener({ ...options, sharePort, tls: this.#inForce.pair }, platform)
    } catch (cause) {
      // Codes of the system begin otherwise, and are about the port.
      if (!(cause instanceof ListenError && cause.code.startsWith('ERR_'))) throw cause
      const { cert_file, key_file } = this.#settings
      throw new CommandError(
        `Cannot use the certificate of server.tls: the runtime refuses cert_file ${cert_file} with key_file ${key_file}: ${cause.code}; get another certificate`,
        { cause },
      )
    }
    return this.#listener
  }

  /** Begins to look at the files, and opens the port that redirects. Throws CommandError. */
  start(findPublicUrl: () => string): void {
    const { redirect_port } = this.#settings
    const { platform, hostname, sharePort } = this.#host
    if (redirect_port !== null) {
      const fetch = createRedirect(findPublicUrl)
      this.#redirect = openPort(
        { hostname, sharePort, port: redirect_port, fetch, idleTimeout: 10 },
        platform,
        'server.tls.redirect_port',
      )
      const { log, settings } = this.#host
      // Otherwise connections there could take all descriptors. Only those of the main port are counted.
      const guarded = { settings, clock: platform, log, metrics: undefined, isSidePort: true }
      this.#guard = prepareGuard(this.#redirect, guarded)
      this.#guard.start()
      log('info', 'plain http is sent on to https', { port: this.#redirect.port })
    }
    this.#expiry.look(this.#inForce.facts, platform.now())
    this.#watch.start()
  }

  /** Listens with the newest pair too. Returns whether it is in force for new connections. Never throws. */
  async renew(): Promise<boolean> {
    await this.#watch.look()
    const { latest } = this.#watch
    if (latest === this.#inForce) return true
    return this.#present(latest)
  }

  /** Ends the listening with the older pair. */
  async retire(): Promise<void> {
    await this.#listener?.retire()
  }

  samples(): Samples {
    return {
      grantd_tls_certificate_not_after_timestamp_seconds: this.#inForce.facts.notAfter / 1000,
      'grantd_tls_certificate_loads_total{result="ok"}': this.#loads.ok,
      'grantd_tls_certificate_loads_total{result="failed"}': this.#loads.failed + this.#watch.failures,
    }
  }

  /** Closes the port that redirects. */
  async close(): Promise<void> {
    this.#watch.stop()
    this.#guard?.stop()
    await this.#redirect?.close()
  }

  async #take({ facts }: TlsPair): Promise<void> {
    const { tellOthers, platform, log } = this.#host
    if (!platform.canRenewListener) {
      log('warn', 'the certificate has changed, and this runtime needs a restart to use it')
      return
    }
    if (tellOthers) return tellOthers(facts.fingerprint)
    const steering = this.#listener?.steering
    if (!(await this.#present(this.#watch.latest))) return
    // The older listener has the number 0.
    const isSteered = (await steering?.steer({ first: 1, count: 1 })) ?? false
    if (isSteered) await new Promise<void>((resolve) => void platform.after(handshakeTime, resolve))
    await this.retire()
    await steering?.release()
  }

  async #present(next: TlsPair): Promise<boolean> {
    const { log } = this.#host
    const not_after = new Date(next.facts.notAfter).toISOString()
    try {
      await this.#listener?.replace(next.pair)
    } catch (cause) {
      this.#loads.failed++
      log('error', 'the new certificate cannot be used, the old one stays', { reason: renderCause(cause) })
      return false
    }
    this.#inForce = next
    this.#loads.ok++
    log('info', 'the certificate was replaced', { not_after, fingerprint: next.facts.fingerprint })
    return true
  }
}
