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

/** The members of the platform that the built-in engine uses. */
export type BuiltinHost = Pick<Platform, 'openNativeKey' | 'quickCurves' | 'nextTurn' | 'cores'>

/** Signs with the cryptography of the runtime. */
export class BuiltinEngine implements SigningEngine {
  readonly #options: BuiltinOptions

  /** `processes`: how many processes share the work. */
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

/** The members that all keys of a built-in engine share. */
export interface BuiltinOptions {
  readonly host: Pick<Platform, 'openNativeKey' | 'quickCurves'>
  /** Whether cores are left for threads of the runtime. Signing there costs a twelfth more than on this thread. */
  readonly hasThreads: boolean
  readonly turns: Turns
}

/** Signs in the runtime. Uses other threads if cores are left for them and a signature costs more than the switch of threads. */
export function makeBuiltin(key: SignerKey, { host, hasThreads, turns }: BuiltinOptions): SignatureMaker {
  if (hasThreads && !host.quickCurves.includes(kindOfKey(key))) return makeOnThreads(key)
  const native = withPem(key.pem, (pem) => host.openNativeKey(pem, signatureSchemes[key.algorithm]))
  return makeInTurn(key, native, turns)
}

/** Signs on this thread. A signature that takes longer than the rest of a request runs in a separate turn of the event loop. */
export function makeInTurn(key: KeySize, native: NativeKey, turns: Turns): SignatureMaker {
  if (['P-256', 'Ed25519'].includes(kindOfKey(key))) return native
  return {
    sign: (data) => turns.run(() => native.sign(data)),
    free: () => void turns.run(() => native.free()),
  }
}

/** Passes the bytes of a PEM to `work` and overwrites them afterwards. A JavaScript string cannot be overwritten. */
export function withPem<T>(text: string, work: (pem: Uint8Array) => T): T {
  const pem = new TextEncoder().encode(text)
  try {
    return work(pem)
  } finally {
    pem.fill(0)
  }
}
