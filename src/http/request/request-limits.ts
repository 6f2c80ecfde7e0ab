import type { Deadlines } from '../../async/deadlines.ts'
import type { Deps } from '../../deps.ts'

/** How much of a request is read. */
export interface RequestLimits {
  /** Characters of the URL, the host among them. */
  readonly url: number
  /** Bytes of a body. */
  readonly body: number
  /** Parameters of a form or of a query. */
  readonly parameters: number
  /** Ends the wait for a body that does not arrive. Undefined: it may take any time. */
  readonly bodyDeadlines: Deadlines | undefined
}

/** Those of a request that came by no server. */
export const defaultLimits: RequestLimits = {
  url: 8192,
  body: 64 * 1024,
  parameters: 100,
  bodyDeadlines: undefined,
}

/** Those of `server.connections` in config.yaml. */
export function readLimits({ settings, bodyDeadlines }: LimitDeps): RequestLimits {
  const { url_bytes, body_bytes, form_parameters } = settings.server.connections
  return {
    url: url_bytes,
    body: body_bytes,
    parameters: form_parameters,
    bodyDeadlines,
  }
}

export interface LimitDeps extends Partial<Pick<Deps, 'bodyDeadlines'>> {
  readonly settings: { readonly server: Pick<Deps['settings']['server'], 'connections'> }
}
