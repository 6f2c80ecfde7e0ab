import type { EngineHost } from '../../src/keys/signing/openssl/engine-choice.ts'
import type { SigningEngine } from '../../src/keys/signing/signer.ts'
import { parseSigningKey } from '../../src/keys/signing-key.ts'
import { detectPlatform } from '../../src/platform/detect.ts'
import { hostOpenssl } from '../../src/platform/openssl/host-openssl.ts'
import {
  type Openssl,
  OpensslError,
  type OpensslKey,
  type OpensslThreadsOptions,
  type SharedKey,
  type ThreadEnd,
} from '../../src/platform/openssl/openssl-port.ts'
import { SigningThreads, startSigningThread } from '../../src/platform/openssl/openssl-threads.ts'
import type { NativeKey } from '../../src/platform/signing.ts'
import type { SignatureAlgorithm } from '../../src/protocol/algorithms.ts'
import { ecPair, edPair, pkcs8, rsaPair } from './signing.ts'
import { waitFor } from './wait-for.ts'

/** The real host, with its timers and its libraries. */
export const realHost: EngineHost = { ...(await detectPlatform()), ...hostOpenssl }

/** Undefined where the machine has no OpenSSL 3; the tests that want one are skipped there and say so. */
export const openssl: Openssl | undefined = await realHost.openOpenssl().catch((cause: unknown) => {
  if (!(cause instanceof OpensslError)) throw cause
  return undefined
})

/** The real host with two cores for one process, and threads of OpenSSL that a test can end. */
export class ThreadedHost {
  readonly ends: ThreadEnd[] = []
  /** All that were started. */
  readonly workers: Worker[] = []
  /** Signatures that threads have made. */
  signatures = 0

  readonly host: EngineHost = {
    ...realHost,
    ...{ cores: 2, mostOpensslThreads: 2 },
    after: (_milliseconds, callback) => realHost.after(0, callback),
    openThreads: async (library, options) => {
      const threads = this.openThreads(library, options)
      return {
        sign: (key, data) => threads.sign(key, data)?.then((signature) => this.#count(signature)),
        close: () => threads.close(),
      }
    },
  }

  /** Threads without an engine. */
  openThreads({ path }: Pick<Openssl, 'path'>, options: Partial<OpensslThreadsOptions> = {}): SigningThreads {
    const start = () => {
      const worker = startSigningThread()
      this.workers.push(worker)
      return worker
    }
    return new SigningThreads({ most: 2, onEnd: (end) => this.ends.push(end), ...options, path, start })
  }

  /** Signs until a thread of the engine does it. */
  async start(engine: SigningEngine): Promise<void> {
    const key = await parseSigningKey(pems.RS256, { algorithm: 'RS256', kid: 'k1' }, engine)
    const before = this.signatures
    await waitFor('a thread signs', async () => {
      await key.signer.sign(new Uint8Array())
      return this.signatures > before
    })
    key.signer.close()
  }

  #count(signature: Uint8Array | undefined): Uint8Array | undefined {
    if (signature) this.signatures++
    return signature
  }
}

const rsa = pkcs8(rsaPair().privateKey)

/** A private key for each algorithm. */
export const pems: Readonly<Record<SignatureAlgorithm, string>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: pkcs8(ecPair().privateKey),
  ES384: pkcs8(ecPair('P-384').privateKey),
  EdDSA: pkcs8(edPair().privateKey),
}
export const algorithms = Object.keys(pems) as SignatureAlgorithm[]

/** What a library does to the clock and to signatures. */
export interface FakeCosts {
  builtin: number
  openssl: number
}

/** A host whose clock moves only by signatures, whose timers fire by hand, and whose OpenSSL is the built-in library counted. */
export class FakeHost implements EngineHost {
  readonly quickCurves = ['P-256', 'Ed25519']
  /** Why OpenSSL is not even tried; undefined: it is. */
  hopeless: string | undefined
  readonly weighOpenssl = async () => this.hopeless
  readonly cores = 2
  readonly mostOpensslThreads: number
  readonly costs: FakeCosts
  /** Why there is no OpenSSL. */
  missing: string | undefined
  /** Why OpenSSL takes no key. */
  refusal: string | undefined
  /** Whether what OpenSSL signs is wrong. */
  isBroken = false
  opened = 0
  openssl = { keys: 0, signatures: 0 }
  readonly pems: Uint8Array[] = []
  #time = 0
  readonly #timers = new Set<() => void>()

  constructor(costs: FakeCosts, mostOpensslThreads = 0) {
    this.costs = costs
    this.mostOpensslThreads = mostOpensslThreads
  }

  /** Threads that were asked for, and signatures that they made. */
  readonly threads = { most: 0, signatures: 0, isClosed: false }
  readonly openThreads: EngineHost['openThreads'] = async (_library, { most }) => {
    this.threads.most = most
    return {
      sign: async ({ pointer }, data) => {
        this.threads.signatures++
        // The pointer of a fake key is that key.
        return (pointer as unknown as NativeKey).sign(data)
      },
      close: async () => {
        this.threads.isClosed = true
      },
    }
  }

  readonly monotonic = () => this.#time
  readonly nextTurn = realHost.nextTurn
  readonly after = (_milliseconds: number, callback: () => void) => {
    this.#timers.add(callback)
    return () => void this.#timers.delete(callback)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Lets every timer fire until none is left and no key waits to be checked, which happens on another thread. */
  async settle(): Promise<void> {
    const waits = () => this.pems.some((pem) => pem.some((byte) => byte !== 0))
    for (let idle = 0; idle < 20 || waits(); idle++) {
      await new Promise((resolve) => realHost.nextTurn(() => resolve(undefined)))
      for (const callback of this.#timers) {
        idle = 0
        this.#timers.delete(callback)
        callback()
      }
    }
  }

  readonly openNativeKey: EngineHost['openNativeKey'] = (pem, scheme) => {
    const key = realHost.openNativeKey(pem, scheme)
    return { sign: (data) => this.#sign(key, data, this.costs.builtin), free: () => key.free() }
  }

  readonly openOpenssl = async (): Promise<Openssl> => {
    if (this.missing !== undefined) throw new OpensslError(this.missing)
    this.opened++
    return {
      path: '/lib/libcrypto.so.3',
      version: 'OpenSSL 3.9.9',
      openKeys: 0,
      close: () => {
        this.openssl.keys = 0
      },
      openKey: (pem, scheme) => this.#openKey(pem, scheme),
    }
  }

  #openKey(...[pem, scheme]: Parameters<Openssl['openKey']>): OpensslKey {
    if (this.refusal !== undefined) throw new OpensslError(this.refusal)
    const key = realHost.openNativeKey(pem, scheme)
    this.pems.push(pem)
    this.openssl.keys++
    return {
      provider: 'fips',
      share: () => ({ pointer: key as unknown as SharedKey['pointer'], scheme }),
      sign: (data) => {
        this.openssl.signatures++
        const signature = this.#sign(key, data, this.costs.openssl)
        return this.isBroken ? signature.with(0, (signature[0] ?? 0) ^ 1) : signature
      },
      free: () => {
        this.openssl.keys--
        key.free()
      },
    }
  }

  #sign(key: NativeKey, data: Uint8Array, cost: number): Uint8Array {
    this.#time += cost
    return key.sign(data)
  }
}
