import type { SignatureCosts } from './engine-choice.ts'

/** The engine that signs with keys of a kind, and why. */
export interface EngineNews {
  /** RSA with its bits, or a curve. */
  readonly kind: string
  readonly engine: 'builtin' | 'openssl'
  readonly library?: string
  readonly provider?: string
  /** Threads of each process that sign with OpenSSL; without them its one thread does. */
  readonly threads?: number
  /** The measured costs. */
  readonly costs?: SignatureCosts
  /** Why OpenSSL is not used. */
  readonly reason?: string
}

/** Renders the news as fields of a log line. */
export function renderNews({ kind, engine, costs, library, provider, threads, reason }: EngineNews) {
  const inMicroseconds = (milliseconds: number | undefined) => milliseconds && Math.round(milliseconds * 1000)
  return {
    key: kind,
    engine,
    builtin_us: inMicroseconds(costs?.builtin),
    openssl_us: inMicroseconds(costs?.openssl),
    library,
    provider,
    threads,
    reason,
  }
}
