import type { Openssl, OpensslThreads, ThreadEnd } from '../../../platform/openssl/openssl-port.ts'
import { makeInTurn } from '../builtin-engine.ts'
import { type KeySize, kindOfKey, signatureSchemes } from '../sign-schemes.ts'
import type { Turns } from '../sign-turns.ts'
import type { SignatureMaker } from '../signer.ts'
import { countOpensslThreads, type EngineHost } from './engine-choice.ts'

/** Milliseconds from the first key that is worth a thread to the threads, so that the server starts first. */
const untilThreads = 250

export interface OpensslKeysOptions {
  readonly host: EngineHost
  readonly library: Openssl
  readonly turns: Turns
  /** Processes that share the work. */
  readonly processes: number
  readonly onThreadEnd: (end: ThreadEnd) => void
}

/** A key that is open in OpenSSL. */
export interface OpenedKey {
  readonly maker: SignatureMaker
  readonly provider: string
}

/** Opens keys in OpenSSL. They sign on threads where cores are left for them, and otherwise on this thread. */
export class OpensslKeys {
  readonly library: Openssl
  readonly #options: OpensslKeysOptions
  #threads: OpensslThreads | undefined
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(options: OpensslKeysOptions) {
    this.#options = options
    this.library = options.library
  }

  /** Opens the key in a PKCS#8 PEM. Throws OpensslError. */
  open(key: KeySize, pem: Uint8Array): OpenedKey {
    const native = this.library.openKey(pem, signatureSchemes[key.algorithm])
    const { provider } = native
    const here = makeInTurn(key, native, this.#options.turns)
    const most = countOpensslThreads(kindOfKey(key), this.#options)
    if (most === 0) return { maker: here, provider }
    this.#cancel ??= this.#options.host.after(untilThreads, () => void this.#openThreads(most))
    const sign = (data: Uint8Array) => this.#threads?.sign(native.share(), data)
    return { maker: makeOnThreads(sign, here), provider }
  }

  /** Frees every key. Where there are threads, this thread first makes the signatures that they have not begun. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
    const { host, turns } = this.#options
    const free = () => this.library.close()
    // In the next turn, what they give back stands before it in the queue.
    if (this.#threads) void this.#threads.close().then(() => host.nextTurn(() => void turns.run(free)))
    else free()
  }

  async #openThreads(most: number): Promise<void> {
    const { host, library, onThreadEnd } = this.#options
    try {
      const threads = await host.openThreads(library, { most, onEnd: onThreadEnd })
      if (!this.#isClosed) this.#threads = threads
    } catch (cause) {
      onThreadEnd({ reason: cause instanceof Error ? cause.message : String(cause), left: 0 })
    }
  }
}

/** Signs by `sign`, and by `here` what that does not. `here` frees the key, after all signatures. */
function makeOnThreads(
  sign: (data: Uint8Array) => Promise<Uint8Array | undefined> | undefined,
  here: SignatureMaker,
): SignatureMaker {
  let unfinished = 0
  let isFreed = false
  const finish = async (data: Uint8Array, answer: Promise<Uint8Array | undefined>) => {
    unfinished++
    try {
      return (await answer) ?? (await here.sign(data))
    } finally {
      unfinished--
      if (isFreed && unfinished === 0) here.free()
    }
  }
  return {
    sign: (data) => {
      const answer = sign(data)
      return answer ? finish(data, answer) : here.sign(data)
    },
    free: () => {
      isFreed = true
      if (unfinished === 0) here.free()
    },
  }
}
