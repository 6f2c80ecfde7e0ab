import type { Platform } from '../../platform/platform.ts'
import type { NativeKey } from '../../platform/signing.ts'
import { type KeySize, kindOfKey, signatureSchemes } from './sign-schemes.ts'
import { Turns } from './sign-turns.ts'
import {
  makeOnThreads,
  type SignatureMaker,
  type Signer,
  type SignerKey,
  type SigningEngine,
  SwitchedSigner,
} from './signer.ts'

/** What the built-in engine is made of. */
export type BuiltinHost = Pick<Platform, 'openNativeKey' | 'quickCurves' | 'nextTurn' | 'cores'>

/** Signs with the cryptography of the runtime. */
export class BuiltinEngine implements SigningEngine {
  readonly #options: BuiltinOptions

  /** `processes` share the work. */
  constructor(host: BuiltinHost, processes: number) {
    const turns = new Turns(host.nextTurn)
    this.#options = { host, turns, hasThreads: hasThreads({ processes, cores: host.cores }) }
  }

  openSigner(key: SignerKey): Signer {
    return new SwitchedSigner(makeBuiltin(key, this.#options))
  }

  findRefusal(): undefined {}

  close(): void {}
}

/** Whether the processes leave cores to threads of the runtime. */
export function hasThreads({ processes, cores }: { processes: number; cores: number }): boolean {
  return processes < cores
}

/** How the built-in engine signs. */
export interface BuiltinOptions {
  readonly host: Pick<Platform, 'openNativeKey' | 'quickCurves'>
  /** Whether cores are left for the threads of the runtime, which cost a twelfth more than signing on this one. */
  readonly hasThreads: boolean
  readonly turns: Turns
}

/** In the runtime: on other threads where there are cores for them, and the way there costs less than the signature. */
export function makeBuiltin(key: SignerKey, { host, hasThreads, turns }: BuiltinOptions): SignatureMaker {
  if (hasThreads && !host.quickCurves.includes(kindOfKey(key))) return makeOnThreads(key)
  const native = withPem(key.pem, (pem) => host.openNativeKey(pem, signatureSchemes[key.algorithm]))
  return makeInTurn(key, native, turns)
}

/** On this thread, in a turn of its own where a signature takes longer than the rest of a request. */
export function makeInTurn(key: KeySize, native: NativeKey, turns: Turns): SignatureMaker {
  if (['P-256', 'Ed25519'].includes(kindOfKey(key))) return native
  return {
    sign: (data) => turns.run(() => native.sign(data)),
    free: () => void turns.run(() => native.free()),
  }
}

/** Hands over the bytes of a PEM and overwrites them afterwards. The text itself nobody can overwrite. */
export function withPem<T>(text: string, work: (pem: Uint8Array) => T): T {
  const pem = new TextEncoder().encode(text)
  try {
    return work(pem)
  } finally {
    pem.fill(0)
  }
}
