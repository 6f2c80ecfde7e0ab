import { type Openssl, OpensslError } from '../../../platform/openssl/openssl-port.ts'
import { makeInTurn, withPem } from '../builtin-engine.ts'
import { kindOfKey, signatureSchemes } from '../sign-schemes.ts'
import { Turns } from '../sign-turns.ts'
import {
  type Signer,
  type SignerKey,
  type SigningEngine,
  SigningEngineError,
  SwitchedSigner,
} from '../signer.ts'
import { AutoEngine } from './auto-engine.ts'
import type { EngineHost } from './engine-choice.ts'
import type { EngineNews } from './engine-news.ts'
import { findRefusal } from './refusal.ts'

export interface OpensslEngineOptions {
  readonly host: EngineHost
  /** Processes that share the work; default 1. */
  readonly processes?: number
  readonly onNews: (news: EngineNews) => void
}

/**
 * Opens the engine that uses the host's OpenSSL: always (`openssl`), or only if OpenSSL is faster (`auto`). Throws
 * {@link SigningEngineError} for `openssl` when the host has no OpenSSL.
 */
export async function openOpensslEngine(
  choice: 'auto' | 'openssl',
  { host, processes = 1, onNews }: OpensslEngineOptions,
): Promise<SigningEngine> {
  if (choice === 'openssl') return new OpensslEngine(await getOpenssl(host), { host, onNews })
  return new AutoEngine({ host, processes, onNews })
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
  readonly #library: Openssl
  readonly #turns: Turns
  readonly #onNews: (news: EngineNews) => void
  readonly #told = new Set<string>()

  constructor(library: Openssl, { host, onNews }: Pick<OpensslEngineOptions, 'host' | 'onNews'>) {
    this.#library = library
    this.#turns = new Turns(host.nextTurn)
    this.#onNews = onNews
  }

  openSigner(key: SignerKey): Signer {
    const native = withPem(key.pem, (pem) => this.#library.openKey(pem, signatureSchemes[key.algorithm]))
    const { provider } = native
    const kind = kindOfKey(key)
    const told = `${kind} ${provider}`
    if (!this.#told.has(told))
      this.#onNews({ kind, engine: 'openssl', library: this.#library.version, provider })
    this.#told.add(told)
    return new SwitchedSigner(makeInTurn(key, native, this.#turns))
  }

  findRefusal(cause: unknown): string | undefined {
    return findRefusal(cause)
  }

  close(): void {
    this.#library.close()
  }
}
