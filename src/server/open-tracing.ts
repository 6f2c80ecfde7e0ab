import type { LoadedConfig } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { PasswordHash } from '../platform/hashing.ts'
import type { Platform } from '../platform/platform.ts'
import type { StorageMeter } from '../storage/measured-database.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { planStorage } from './compose.ts'

export interface OpenTracingOptions {
  readonly platform: Platform
  readonly log: Log
  readonly metrics: { readonly storageMeter: StorageMeter | undefined }
}

interface OpenedTracing {
  readonly tracing: Tracing | undefined
  /** That of the metrics and of the traces; undefined: nobody measures. */
  readonly storageMeter: StorageMeter | undefined
  /** That of the platform, measured for the traces. */
  readonly passwordHash: PasswordHash | undefined
}

/** The variables that switch traces on. */
const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']

/** Makes no traces unless the environment names a collector, and loads nothing of them then. */
export async function openTracing(
  loaded: LoadedConfig,
  { platform, log, metrics }: OpenTracingOptions,
): Promise<OpenedTracing> {
  const { storageMeter } = metrics
  const { passwordHash } = platform
  if (!endpoints.some((name) => platform.environment(name)))
    return { tracing: undefined, storageMeter, passwordHash }
  const { loadTracing } = await import('./load-tracing.ts')
  const tracing = await loadTracing(planStorage(loaded, platform).kind, { platform, log })
  return {
    ...{ tracing, storageMeter: bothMeters(storageMeter, tracing) },
    passwordHash: tracing && passwordHash ? measureHashes(passwordHash, tracing, platform) : passwordHash,
  }
}

function bothMeters(meter: StorageMeter | undefined, tracing: Tracing | undefined): StorageMeter | undefined {
  if (!meter || !tracing) return meter ?? tracing
  return {
    observe: (...operation) => {
      meter.observe(...operation)
      tracing.observe(...operation)
    },
  }
}

function measureHashes(
  hashes: PasswordHash,
  tracing: Tracing,
  { monotonic }: Pick<Platform, 'monotonic'>,
): PasswordHash {
  const measure = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = monotonic()
    try {
      return await work()
    } finally {
      tracing.observeHash(monotonic() - began)
    }
  }
  return {
    verify: (...given) => measure(() => hashes.verify(...given)),
    hash: (...given) => measure(() => hashes.hash(...given)),
  }
}
