import type { OpensslHost } from '../../../platform/openssl/openssl-port.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { NativeKey } from '../../../platform/signing.ts'
import type { BuiltinHost } from '../builtin-engine.ts'

/** Milliseconds of this thread that a signature takes. */
export interface SignatureCosts {
  readonly builtin: number
  readonly openssl: number
}

export interface EngineRule extends SignatureCosts {
  /** Whether the built-in engine signs on threads of its own, as many as there are cores. */
  readonly isThreaded: boolean
  /** Processes that share the work. */
  readonly processes: number
  readonly cores: number
}

/** OpenSSL has to be so much better: below that it is noise. */
const margin = 1.1

/**
 * The engine with which all processes together sign more in the same time. OpenSSL signs on the one thread of each process; the
 * built-in engine has every core where it signs on threads.
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
  /** Milliseconds since some moment. */
  readonly monotonic: () => number
  /** Lets others go first. */
  readonly pause: () => Promise<void>
}

const rounds = 9

/** Signs by turns with both, with a pause after each. The least of each counts, for whatever else happens only adds. */
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

/** What engines are made of. */
export type EngineHost = BuiltinHost & OpensslHost & Pick<Platform, 'after' | 'monotonic'>
