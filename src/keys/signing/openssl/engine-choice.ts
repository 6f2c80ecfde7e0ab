import type { OpensslHost } from '../../../platform/openssl/openssl-port.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { NativeKey } from '../../../platform/signing.ts'
import type { BuiltinHost } from '../builtin-engine.ts'

/** Milliseconds of this thread for one signature. */
export interface SignatureCosts {
  readonly builtin: number
  readonly openssl: number
}

export interface EngineRule extends SignatureCosts {
  /** Whether the built-in engine signs on its own threads, one for each core. */
  readonly isThreaded: boolean
  /** Processes that share the work. */
  readonly processes: number
  readonly cores: number
}

/** OpenSSL has to be better by this factor. A smaller difference is noise. */
const margin = 1.1

/**
 * Returns the engine with which all processes together sign more in the same time. OpenSSL signs on the one thread of each process. The
 * built-in engine uses every core if it signs on threads.
 */
export function chooseEngine({
  builtin,
  openssl,
  isThreaded,
  processes,
  cores,
}: EngineRule): 'builtin' | 'openssl' {
  const opensslThreads = Math.min(processes, cores)
  const builtinThreads = isThreaded ? cores : opensslThreads
  return opensslThreads / openssl > (margin * builtinThreads) / builtin ? 'openssl' : 'builtin'
}

interface MeasureOptions {
  readonly builtin: NativeKey
  readonly openssl: NativeKey
  /** Milliseconds since an arbitrary moment. */
  readonly monotonic: () => number
  /** Lets other work run first. */
  readonly pause: () => Promise<void>
}

const rounds = 9

/** Signs with both in alternation, with a pause before each. The smallest time of each counts, because disturbance only adds time. */
export async function measureEngines({
  builtin,
  openssl,
  monotonic,
  pause,
}: MeasureOptions): Promise<SignatureCosts> {
  const data = new Uint8Array(512)
  const time = async (key: NativeKey) => {
    await pause()
    const start = monotonic()
    key.sign(data)
    return monotonic() - start
  }
  const costs = { builtin: Number.POSITIVE_INFINITY, openssl: Number.POSITIVE_INFINITY }
  for (let round = 0; round < rounds; round++) {
    costs.builtin = Math.min(costs.builtin, await time(builtin))
    costs.openssl = Math.min(costs.openssl, await time(openssl))
  }
  return costs
}

/** The members of the platform that the engines use. */
export type EngineHost = BuiltinHost & OpensslHost & Pick<Platform, 'after' | 'monotonic'>
