import { buildInfo } from '../build-info.ts'
import { findProxy } from '../cli/remote/proxy.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { StorageMeter } from '../storage/measured-database.ts'
import type { SendTraces } from '../tracing/otlp-exporter.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { planStorage } from './compose.ts'

interface OpenTracingOptions {
  readonly platform: Platform
  readonly log: Log
  readonly metrics: { readonly storageMeter: StorageMeter | undefined }
}

interface OpenedTracing {
  readonly tracing: Tracing | undefined
  /** That of the metrics and of the traces; undefined: nobody measures. */
  readonly storageMeter: StorageMeter | undefined
}

/** The variables that switch traces on. */
const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']

/** Makes no traces unless the environment names a collector, and loads nothing of them then. */
export async function openTracing(
  loaded: LoadedConfig,
  { platform, log, metrics }: OpenTracingOptions,
): Promise<OpenedTracing> {
  const { storageMeter } = metrics
  if (!endpoints.some((name) => platform.environment(name))) return { tracing: undefined, storageMeter }
  const tracing = await loadTracing(planStorage(loaded, platform).kind, { platform, log })
  return { tracing, storageMeter: bothMeters(storageMeter, tracing) }
}

/** A wrong variable is told of, and stops nothing. */
async function loadTracing(
  storage: string,
  { platform, log }: Pick<OpenTracingOptions, 'platform' | 'log'>,
): Promise<Tracing | undefined> {
  const { readTracingSettings, TracingFault } = await import('../tracing/tracing-settings.ts')
  try {
    const settings = readTracingSettings(platform.environment)
    if (!settings) return undefined
    const { SdkTracing } = await import('../tracing/sdk-tracing.ts')
    const endpoint = new URL(settings.endpoint).origin
    return new SdkTracing(settings, {
      ...{ version: buildInfo.version, storage, clock: platform },
      carrier: await platform.openCarrier(),
      send: sendBy(platform),
      onLost: (reason) => log('warn', 'traces cannot be sent and are lost', { endpoint, reason }),
    })
  } catch (cause) {
    if (!(cause instanceof TracingFault)) throw cause
    log('warn', 'no traces are made, because a variable cannot be used', { reason: cause.message })
    return undefined
  }
}

function sendBy(platform: Platform): SendTraces {
  return async (body, { url, headers, timeout }) => {
    const signal = AbortSignal.timeout(timeout)
    const proxy = findProxy(url, platform.environment)?.url
    const init = { method: 'POST', body: new Uint8Array(body), headers, signal, redirect: 'manual' } as const
    const response = await platform.fetch(url, init, { proxy, isUnverified: false })
    // Nothing of the answer is needed, and it may be endless.
    await response.body?.cancel()
    return response.status
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
