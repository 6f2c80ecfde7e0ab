import { type Openssl, OpensslError } from '../../platform/signing.ts'
import { AutoEngine } from './sign-auto.ts'
import { type EngineHost, type EngineNews, hasThreads } from './sign-choice.ts'
import { kindOfKey, signatureSchemes } from './sign-schemes.ts'
import { Turns } from './sign-turns.ts'
import {
  type BuiltinOptions,
  makeBuiltin,
  makeInTurn,
  type Signer,
  type SignerKey,
  type SigningEngine,
  SwitchedSigner,
  withPem,
} from './signer.ts'

export interface SigningEngineOptions {
  readonly choice: 'auto' | 'builtin' | 'openssl'
  readonly host: EngineHost
  /** Processes that share the work; default 1. */
  readonly processes?: number
  readonly onNews: (news: EngineNews) => void
}

/** The engine that was asked for cannot be had; `message` says why, and the next step. */
export class SigningEngineError extends Error {}

/** The engine that the configuration asks for. Throws {@link SigningEngineError} when that is OpenSSL and there is none. */
export async function openSigningEngine(options: SigningEngineOptions): Promise<SigningEngine> {
  const { choice, host, processes = 1, onNews } = options
  if (choice === 'builtin') return new BuiltinEngine(host, processes)
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

class BuiltinEngine implements SigningEngine {
  readonly #options: BuiltinOptions

  constructor(host: EngineHost, processes: number) {
    const turns = new Turns(host.nextTurn)
    this.#options = { host, turns, hasThreads: hasThreads({ processes, cores: host.cores }) }
  }

  openSigner(key: SignerKey): Signer {
    return new SwitchedSigner(makeBuiltin(key, this.#options))
  }

  close(): void {}
}

/** Every signature by the host's OpenSSL, and none without it. */
class OpensslEngine implements SigningEngine {
  readonly #library: Openssl
  readonly #turns: Turns
  readonly #onNews: (news: EngineNews) => void
  readonly #told = new Set<string>()

  constructor(library: Openssl, { host, onNews }: Pick<SigningEngineOptions, 'host' | 'onNews'>) {
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

  close(): void {
    this.#library.close()
  }
}
