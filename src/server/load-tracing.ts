import { buildInfo } from '../build-info.ts'
import { findProxy } from '../cli/remote/proxy.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { SendTraces } from '../tracing/otlp-exporter.ts'
import type { Tracing } from '../tracing/tracing.ts'

/** A wrong variable is told of, and stops nothing. */
export async function loadTracing(
  storage: string,
  { platform, log }: { readonly platform: Platform; readonly log: Log },
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
