import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Carrier, Clock } from '../platform/platform.ts'
import { createExporter, type SendTraces } from './otlp-exporter.ts'
import { parseTraceParent } from './trace-parent.ts'
import type { RequestTrace, TracedOutcome, Tracing } from './tracing.ts'
import type { TracingSettings } from './tracing-settings.ts'

/** A request, for the spans of what is done in its course. */
export interface Course {
  readonly context: Context
  /** Milliseconds since the epoch, with parts of them: the wall clock at the beginning, and how time went on since. */
  readonly now: () => number
}

export interface SdkTracingOptions {
  readonly version: string
  readonly storage: string
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>
  /** Carries the span of a request through its asynchronous work. */
  readonly carrier: Carrier<Course>
  readonly send: SendTraces
  readonly onLost: (reason: string) => void
}

/** Spans that wait to be sent; more are dropped, because no request waits for a collector. */
const mostWaiting = 2048
const batchSize = 512
/** Milliseconds between batches, and for the last one. */
const [pause, lastFlush] = [5000, 2000]

/** Names of the semantic conventions. */
const systems: Readonly<Record<string, string>> = { postgres: 'postgresql' }

/** Methods that a span may name; others are a text of the sender. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Traces by the SDK of OpenTelemetry, with the names of its semantic conventions for HTTP and databases. */
export class SdkTracing implements Tracing {
  readonly #options: SdkTracingOptions
  readonly #processor: BatchSpanProcessor
  readonly #tracer: Tracer

  constructor(settings: TracingSettings, options: SdkTracingOptions) {
    this.#options = options
    this.#processor = new BatchSpanProcessor({
      exporter: createExporter(settings, options),
      ...{ maxQueueSize: mostWaiting, maxExportBatchSize: batchSize, scheduledDelayMillis: pause },
      exportTimeoutMillis: settings.timeout + 1000,
    })
    const resource = resourceFromAttributes({ 'service.version': options.version, ...settings.resource })
    const provider = new TracerProvider({
      ...{ resource, sampler: samplerOf(settings), spanProcessors: [this.#processor] },
    })
    this.#tracer = provider.getTracer('grantd', options.version)
  }

  begin(request: Request): RequestTrace {
    const parent = contextOf(request.headers.get('traceparent'))
    const method = knownMethods.includes(request.method) ? request.method : '_OTHER'
    const { carrier, clock } = this.#options
    const [startTime, began] = [clock.now(), clock.monotonic()]
    const now = () => startTime + clock.monotonic() - began
    const attributes = { 'http.request.method': method }
    // The route is not known yet.
    const span = this.#tracer.startSpan(method, { kind: SpanKind.SERVER, startTime, attributes }, parent)
    return {
      traceId: span.spanContext().traceId,
      run: (work) => carrier.run({ context: trace.setSpan(parent, span), now }, work),
      end: (outcome) => end(span, { ...outcome, method }, now()),
    }
  }

  observe(operation: string, milliseconds: number, hasFailed: boolean): void {
    const { storage } = this.#options
    const attributes = { 'db.system.name': systems[storage] ?? storage, 'db.operation.name': operation }
    const span = { name: `storage ${operation}`, milliseconds, hasFailed }
    this.#note(span, { kind: SpanKind.CLIENT, attributes })
  }

  observeHash(milliseconds: number): void {
    this.#note({ name: 'slow hash', milliseconds, hasFailed: false }, { kind: SpanKind.INTERNAL })
  }

  #note(
    { name, milliseconds, hasFailed }: { name: string; milliseconds: number; hasFailed: boolean },
    options: SpanOptions,
  ): void {
    const course = this.#options.carrier.current()
    // Work of the server itself belongs to no request.
    if (!course) return
    const endTime = course.now()
    const startTime = endTime - milliseconds
    const span = this.#tracer.startSpan(name, { ...options, startTime }, course.context)
    if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  }

  async close(): Promise<void> {
    const { promise: isLate, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(lastFlush, resolve)
    await Promise.race([this.#processor.shutdown().catch(() => {}), isLate])
    cancel()
  }
}

function end(span: Span, { method, route, status, tenant, error }: TracedOutcome, at: number): void {
  if (route !== undefined) {
    span.updateName(`${method} ${route}`)
    span.setAttribute('http.route', route)
  }
  span.setAttribute('http.response.status_code', status)
  if (tenant !== undefined) span.setAttribute('grantd.tenant', tenant)
  if (error !== undefined) span.setAttribute('error.type', error)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(at)
}

function contextOf(header: string | null): Context {
  const parent = parseTraceParent(header)
  if (!parent) return ROOT_CONTEXT
  const { traceId, spanId, flags } = parent
  const traceFlags = flags & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const root = rootSamplerOf(sampler.replace(/^parentbased_/, ''), ratio)
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

function rootSamplerOf(name: string, ratio: number): Sampler {
  if (name === 'always_on') return new AlwaysOnSampler()
  return name === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio)
}
