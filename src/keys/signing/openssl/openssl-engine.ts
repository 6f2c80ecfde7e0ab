import { type Openssl, OpensslError, type ThreadEnd } from '../../../platform/openssl/openssl-port.ts'
import { withPem } from '../builtin-engine.ts'
import { kindOfKey } from '../sign-schemes.ts'
import { Turns } from '../sign-turns.ts'
import {
  type Signer,
  type SignerKey,
  type SigningEngine,
  SigningEngineError,
  SwitchedSigner,
} from '../signer.ts'
import { AutoEngine } from './auto-engine.ts'
import { countOpensslThreads, type EngineHost } from './engine-choice.ts'
import type { EngineNews } from './engine-news.ts'
import { OpensslKeys } from './openssl-keys.ts'
import { findRefusal } from './refusal.ts'

export interface OpensslEngineOptions {
  readonly host: EngineHost
  /** Processes that share the work; default 1. */
  readonly processes?: number
  readonly onNews: (news: EngineNews) => void
  readonly onThreadEnd: (end: ThreadEnd) => void
}

/**
 * Opens the engine that uses the host's OpenSSL: always (`openssl`), or only if OpenSSL is faster (`auto`). Throws
 * {@link SigningEngineError} for `openssl` when the host has no OpenSSL.
 */
export async function openOpensslEngine(
  choice: 'auto' | 'openssl',
  { processes = 1, ...rest }: OpensslEngineOptions,
): Promise<SigningEngine> {
  const options = { ...rest, processes }
  if (choice === 'openssl') return new OpensslEngine(await getOpenssl(options.host), options)
  return new AutoEngine(options)
}

async function getOpenssl(host: EngineHost): Promise<Openssl> {
  try {
    return await host.openOpenssl()
  } catch (cause) {
    if (!(cause instanceof OpensslError)) throw cause
    throw new SigningEngineError(
      `Cannot sign with OpenSSL, as server.signing_engine wants: ${cause.message}; install OpenSSL 3, or set it to auto`,
      { cause },
    )
  }
}

/** Makes every signature with the host's OpenSSL. */
class OpensslEngine implements SigningEngine {
  readonly #keys: OpensslKeys
  readonly #options: Required<OpensslEngineOptions>
  readonly #told = new Set<string>()

  constructor(library: Openssl, options: Required<OpensslEngineOptions>) {
    this.#keys = new OpensslKeys({ ...options, library, turns: new Turns(options.host.nextTurn) })
    this.#options = options
  }

  openSigner(key: SignerKey): Signer {
    const { maker, provider } = withPem(key.pem, (pem) => this.#keys.open(key, pem))
    this.#tell(kindOfKey(key), provider)
    return new SwitchedSigner(maker)
  }

  #tell(kind: string, provider: string): void {
    const told = `${kind} ${provider}`
    if (this.#told.has(told)) return
    this.#told.add(told)
    const threads = countOpensslThreads(kind, this.#options)
    const library = this.#keys.library.version
    this.#options.onNews({ kind, engine: 'openssl', library, provider, ...(threads > 0 && { threads }) })
  }

  findRefusal(cause: unknown): string | undefined {
    return findRefusal(cause)
  }

  close(): void {
    this.#keys.close()
  }
}
