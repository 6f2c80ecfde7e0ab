/** A span of OTLP, as the tests compare it. */
export interface ReadSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly milliseconds: number
  /** 0: unset, 2: error. */
  readonly status: number
  readonly attributes: Readonly<Record<string, unknown>>
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface OtlpSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: number }
  readonly attributes: readonly Attribute[]
}

export interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** The spans of a request of OTLP in JSON. */
export function otlpSpans({ resourceSpans }: OtlpRequest): ReadSpan[] {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  return spans.map(({ name, traceId, spanId, parentSpanId, ...rest }) => ({
    ...{ name, traceId, spanId, parentSpanId },
    milliseconds: Number(BigInt(rest.endTimeUnixNano) - BigInt(rest.startTimeUnixNano)) / 1e6,
    status: rest.status.code,
    attributes: otlpAttributes(rest.attributes),
  }))
}

export function otlpAttributes(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
