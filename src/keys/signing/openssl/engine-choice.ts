import type { OpensslHost } from '../../../platform/openssl/openssl-port.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { NativeKey } from '../../../platform/signing.ts'
import { type BuiltinHost, hasThreads } from '../builtin-engine.ts'

/** Milliseconds of this thread for one signature. */
export interface SignatureCosts {
  readonly builtin: number
  readonly openssl: number
}

export interface EngineRule extends SignatureCosts {
  /** Whether the built-in engine signs on its own threads, one for each core. */
  readonly isThreaded: boolean
  /** Threads of each process that sign with OpenSSL; 0: the one thread of each process does. */
  readonly opensslThreads: number
  /** Processes that share the work. */
  readonly processes: number
  readonly cores: number
}

/** OpenSSL has to be better by this factor. A smaller difference is noise. */
const margin = 1.1

/**
 * Returns the engine with which all processes together sign more in the same time. The built-in engine uses every core if it signs on
 * threads. OpenSSL has as many threads as it was given.
 */
export function chooseEngine({
  builtin,
  openssl,
  isThreaded,
  opensslThreads,
  processes,
  cores,
}: EngineRule): 'builtin' | 'openssl' {
  const ofOpenssl = Math.min(processes * Math.max(opensslThreads, 1), cores)
  const ofBuiltin = isThreaded ? cores : Math.min(processes, cores)
  return ofOpenssl / openssl > (margin * ofBuiltin) / builtin ? 'openssl' : 'builtin'
}

/** Returns how many threads of each process sign with OpenSSL with keys of this kind; 0: only the one that does everything else. */
export function countOpensslThreads(
  kind: string,
  {
    processes,
    host: { cores, mostOpensslThreads, quickCurves },
  }: {
    readonly processes: number
    readonly host: Pick<EngineHost, 'cores' | 'mostOpensslThreads' | 'quickCurves'>
  },
): number {
  if (!hasThreads({ processes, cores }) || quickCurves.includes(kind)) return 0
  return Math.min(mostOpensslThreads, Math.ceil(cores / processes))
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
