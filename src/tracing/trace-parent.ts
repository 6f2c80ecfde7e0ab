/** The place of a request in the trace of its sender (W3C Trace Context, section 3.2). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** Bit 0: the sender keeps the trace. */
  readonly flags: number
}

const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Undefined for a text that is no traceparent: it is ignored, and a new trace begins (section 3.3). */
export function parseTraceParent(text: string | null): TraceParent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(text ?? '') ?? []
  // Later versions may have more parts.
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}
