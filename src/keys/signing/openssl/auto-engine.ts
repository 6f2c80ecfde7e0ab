import { OpensslError, type ThreadEnd } from '../../../platform/openssl/openssl-port.ts'
import { type BuiltinOptions, hasThreads, makeBuiltin, withPem } from '../builtin-engine.ts'
import { kindOfKey, signatureSchemes } from '../sign-schemes.ts'
import { Turns } from '../sign-turns.ts'
import { checkSigner, type Signer, type SignerKey, type SigningEngine, SwitchedSigner } from '../signer.ts'
import {
  chooseEngine,
  countOpensslThreads,
  type EngineHost,
  measureEngines,
  type SignatureCosts,
} from './engine-choice.ts'
import type { EngineNews } from './engine-news.ts'
import { OpensslKeys } from './openssl-keys.ts'
import { findRefusal } from './refusal.ts'

/** Milliseconds from the first key of a kind to the choice of its engine, so that the server starts first. */
const untilChosen = 250
/** Milliseconds between two measured signatures. */
const pauseBetween = 10

export interface AutoEngineOptions {
  readonly host: EngineHost
  /** Processes that share the work. */
  readonly processes: number
  readonly onNews: (news: EngineNews) => void
  readonly onThreadEnd: (end: ThreadEnd) => void
}

/** A key that signs in the built-in engine until the engine is chosen. */
interface Waiting {
  readonly signer: SwitchedSigner
  readonly key: Omit<SignerKey, 'pem' | 'privateKey'>
  /** Overwritten once the engine is chosen. */
  readonly pem: Uint8Array
}

/**
 * Signs in the built-in engine at first. Meanwhile it measures, one signature at a time, whether the host's OpenSSL is faster for keys of
 * this kind. The choice stays for the life of the process.
 */
export class AutoEngine implements SigningEngine {
  readonly #options: AutoEngineOptions
  readonly #turns: Turns
  readonly #builtin: BuiltinOptions
  readonly #kinds = new Map<string, 'builtin' | 'openssl' | Waiting[]>()
  readonly #timers = new Set<() => void>()
  #opening: Promise<OpensslKeys> | undefined
  #keys: OpensslKeys | undefined
  #isClosed = false

  constructor(options: AutoEngineOptions) {
    this.#options = options
    const { host, processes } = options
    this.#turns = new Turns(host.nextTurn)
    this.#builtin = { host, turns: this.#turns, hasThreads: hasThreads({ processes, cores: host.cores }) }
  }

  openSigner(key: SignerKey): Signer {
    const kind = kindOfKey(key)
    const state = this.#kinds.get(kind)
    if (state === 'openssl') return this.#openChosen(key)
    const signer = new SwitchedSigner(makeBuiltin(key, this.#builtin))
    if (state === 'builtin' || this.#isClosed) return signer
    const { pem, algorithm, modulusBits, publicKey } = key
    const waiting = {
      signer,
      key: { algorithm, modulusBits, publicKey },
      pem: new TextEncoder().encode(pem),
    }
    if (state) state.push(waiting)
    else {
      this.#kinds.set(kind, [waiting])
      void this.#pause(untilChosen).then(() => this.#choose(kind))
    }
    return signer
  }

  /** Opens a key in OpenSSL. A key that OpenSSL refuses signs in the built-in engine. */
  #openChosen(key: SignerKey): Signer {
    const keys = this.#keys
    if (!keys || this.#isClosed) return new SwitchedSigner(makeBuiltin(key, this.#builtin))
    try {
      return new SwitchedSigner(withPem(key.pem, (pem) => keys.open(key, pem)).maker)
    } catch (cause) {
      if (!(cause instanceof OpensslError)) throw cause
      this.#options.onNews({ kind: kindOfKey(key), engine: 'builtin', reason: cause.message })
      return new SwitchedSigner(makeBuiltin(key, this.#builtin))
    }
  }

  findRefusal(cause: unknown): string | undefined {
    return findRefusal(cause)
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of this.#timers) cancel()
    for (const state of this.#kinds.values())
      if (typeof state !== 'string') for (const { pem } of state) pem.fill(0)
    this.#keys?.close()
  }

  /** The promise never resolves when the engine is closed meanwhile. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.host.after(milliseconds, () => {
        this.#timers.delete(cancel)
        resolve()
      })
      this.#timers.add(cancel)
    })
  }

  async #choose(kind: string): Promise<void> {
    const state = this.#kinds.get(kind)
    const waiting = typeof state === 'object' ? state : []
    const [measured] = waiting.filter(({ signer }) => !signer.isClosed)
    if (!measured) {
      for (const { pem } of waiting) pem.fill(0)
      this.#kinds.delete(kind)
      return
    }
    let news: EngineNews = { kind, engine: 'builtin' }
    try {
      const reason = await this.#options.host.weighOpenssl(kind)
      news = reason === undefined ? await this.#measure(measured, kind) : { ...news, reason }
    } catch (cause) {
      news = { ...news, reason: cause instanceof Error ? cause.message : String(cause) }
    }
    this.#kinds.set(kind, news.engine)
    this.#options.onNews(news)
    for (const one of waiting) await this.#settle(one, news.engine)
  }

  async #measure({ key, pem }: Waiting, kind: string): Promise<EngineNews> {
    const { host, processes } = this.#options
    this.#opening ??= this.#openKeys()
    this.#keys = await this.#opening
    const { library } = this.#keys
    const scheme = signatureSchemes[key.algorithm]
    const openssl = library.openKey(pem, scheme)
    const builtin = host.openNativeKey(pem, scheme)
    try {
      const costs: SignatureCosts = await measureEngines({
        ...{ builtin, openssl, monotonic: host.monotonic },
        pause: () => this.#pause(pauseBetween),
      })
      const isThreaded = this.#builtin.hasThreads && !host.quickCurves.includes(kind)
      const threads = countOpensslThreads(kind, this.#options)
      const engine = chooseEngine({
        ...{ ...costs, isThreaded, opensslThreads: threads, processes, cores: host.cores },
      })
      const news = { kind, engine, costs, library: library.version, provider: openssl.provider }
      return engine === 'openssl' && threads > 0 ? { ...news, threads } : news
    } finally {
      openssl.free()
      builtin.free()
    }
  }

  async #openKeys(): Promise<OpensslKeys> {
    const library = await this.#options.host.openOpenssl()
    return new OpensslKeys({ ...this.#options, library, turns: this.#turns })
  }

  /** Moves a key to OpenSSL if a signature that OpenSSL makes with it verifies. Otherwise the key stays. */
  async #settle({ signer, key, pem }: Waiting, engine: 'builtin' | 'openssl'): Promise<void> {
    try {
      if (engine === 'builtin' || signer.isClosed || !this.#keys) return
      const { maker } = this.#keys.open(key, pem)
      try {
        await checkSigner(maker, key)
      } catch (cause) {
        maker.free()
        throw cause
      }
      if (signer.isClosed) maker.free()
      else signer.use(maker)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.#options.onNews({ kind: kindOfKey(key), engine: 'builtin', reason })
    } finally {
      pem.fill(0)
    }
  }
}
