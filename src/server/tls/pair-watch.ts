import { readTlsPair, type TlsFault, type TlsHost, type TlsPair } from '../../config/rules/tls-files.ts'
import type { TlsConfig } from '../../config/service/tls-schema.ts'
import type { Log } from '../../log.ts'
import type { Platform } from '../../platform/platform.ts'

/** Milliseconds between two looks at the files. */
const lookEvery = 2000
/** Looks for which a bad pair is taken for one that is still being written. */
const patience = 5

export interface WatchHost extends TlsHost {
  readonly platform: TlsHost['platform'] & Pick<Platform, 'after'>
  readonly log: Log
}

export interface WatchOptions {
  readonly first: TlsPair
  /** Called with each new good pair. The next look waits for the result. */
  readonly onPair: (pair: TlsPair) => Promise<void>
  /** Called after each look. */
  readonly onLook: (pair: TlsPair) => void
}

/**
 * Looks at the files of `server.tls` and finds new pairs: after a write, a rename, or a change of a symbolic link above them. A pair counts
 * only if both files fit together, so that one file which was replaced before the other does no harm.
 */
export class PairWatch {
  readonly #files: Pick<TlsConfig, 'cert_file' | 'key_file'>
  readonly #host: WatchHost
  readonly #options: WatchOptions
  #latest: TlsPair
  /** What the system said of both files when they were last read with a final result. */
  #seen = ''
  #badLooks = 0
  #failures = 0
  #looking: Promise<void> | undefined
  #stop = () => {}
  #isStopped = false

  constructor(files: Pick<TlsConfig, 'cert_file' | 'key_file'>, host: WatchHost, options: WatchOptions) {
    this.#files = files
    this.#host = host
    this.#options = options
    this.#latest = options.first
  }

  /** The newest good pair. */
  get latest(): TlsPair {
    return this.#latest
  }

  /** Number of new pairs that could not be used. */
  get failures(): number {
    return this.#failures
  }

  start(): void {
    this.#stop = this.#host.platform.after(lookEvery, () => {
      void this.look().finally(() => {
        if (!this.#isStopped) this.start()
      })
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#stop()
  }

  /** Looks at the files now. Never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const state = await this.#stateOfFiles()
    if (state !== this.#seen) await this.#readAgain(state)
    this.#options.onLook(this.#latest)
  }

  async #readAgain(state: string): Promise<void> {
    const read = await readTlsPair(this.#files, this.#host)
    // Written meanwhile: the next look reads them again.
    if ((await this.#stateOfFiles()) !== state) return
    const fault = 'fault' in read ? read : this.#findOutdated(read)
    if (fault) return this.#wait(fault, state)
    if (!('pair' in read)) return
    this.#seen = state
    this.#badLooks = 0
    if (isSame(read, this.#latest)) return
    this.#latest = read
    await this.#options.onPair(read)
  }

  /** A pair that has ended is refused while the older one is still good. */
  #findOutdated({ facts }: TlsPair): TlsFault | undefined {
    const now = this.#host.platform.now()
    if (facts.notAfter > now || this.#latest.facts.notAfter <= facts.notAfter) return undefined
    return { key: 'cert_file', fault: 'has a certificate that has expired' }
  }

  /** Reports a bad pair once, if it stays. */
  #wait({ key, fault }: TlsFault, state: string): void {
    this.#badLooks++
    if (this.#badLooks < patience) return
    this.#seen = state
    this.#badLooks = 0
    this.#failures++
    const file = this.#files[key]
    this.#host.log('error', 'the new certificate cannot be used, the old one stays', {
      setting: `server.tls.${key}`,
      file,
      reason: fault,
    })
  }

  async #stateOfFiles(): Promise<string> {
    const { platform, resolve } = this.#host
    const states = [this.#files.cert_file, this.#files.key_file].map(async (file) => {
      const facts = await platform.files.facts(resolve(file)).catch(() => undefined)
      return facts && [facts.identity, facts.size, facts.modifiedAt, facts.changedAt].join()
    })
    return (await Promise.all(states)).join(' ')
  }
}

function isSame(a: TlsPair, b: TlsPair): boolean {
  return a.pair.certificate === b.pair.certificate && a.pair.key === b.pair.key
}
