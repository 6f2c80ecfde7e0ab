/** Traces of requests, as the server uses them. Who makes and sends them is behind it, and is loaded only where an endpoint is set. */
export interface Tracing {
  /** Begins the trace of a request, as a part of the one that the header `traceparent` names. */
  begin(request: Request): RequestTrace
  /** Notes an operation of the storage that took so many milliseconds, for the request in whose course it was. */
  observe(operation: string, milliseconds: number, hasFailed: boolean): void
  /** Notes the check or the making of a slow hash that took so many milliseconds, likewise. */
  observeHash(milliseconds: number): void
  /** Sends what waits, for 2 seconds at most. Never rejects. */
  close(): Promise<void>
}

/** The trace of one request. */
export interface RequestTrace {
  /** 32 hex digits. */
  readonly traceId: string
  /** Runs the work of the request, so that operations of the storage are found in its course. */
  run<T>(work: () => T): T
  end(outcome: TracedOutcome): void
}

/** What a trace has of a request: nothing that a person or a secret could be told by. */
export interface TracedOutcome {
  readonly method: string
  /** The pattern of the route; undefined: no route has the path. */
  readonly route: string | undefined
  readonly status: number
  /** The tenant, if it exists. */
  readonly tenant: string | undefined
  /** The error code of the answer. */
  readonly error: string | undefined
}
