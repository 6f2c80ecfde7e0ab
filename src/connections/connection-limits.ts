import type { Config } from '../config/schema.ts'

/** Limits of the connections of one process. Times are in milliseconds. */
export interface ConnectionLimits {
  readonly most: number
  readonly mostPerAddress: number
  /** For the head of a request, and as long again for its body. */
  readonly requestTime: number
  /** For what was sent and is not acknowledged. */
  readonly answerTime: number
}

/** Descriptors that no connection gets: for the database, files of keys, and connections to Postgres and to clients. */
const reserve = 32
/** No more connections by default, because each takes memory. */
const mostByDefault = 20_000

/** Members of `server.connections` in config.yaml. */
export type ConnectionSettings = Pick<
  Config['server']['connections'],
  'most' | 'most_per_address' | 'request_time' | 'answer_time'
>

/** Fills in what is automatic: what the descriptors allow in all, and a quarter of it for one address. */
export function limitsFor(
  { most, most_per_address, request_time, answer_time }: ConnectionSettings,
  descriptors: { readonly most: number; readonly others: number },
): ConnectionLimits {
  // Never more than half of the others, where the system allows few.
  const possible = Math.max(
    8,
    descriptors.most - descriptors.others - Math.min(reserve, descriptors.most >> 2),
  )
  const inAll = Math.min(most ?? mostByDefault, possible)
  return {
    most: inAll,
    mostPerAddress: most_per_address ?? Math.max(1, inAll >> 2),
    requestTime: request_time * 1000,
    answerTime: answer_time * 1000,
  }
}

/**
 * Limits of a port beside the main one, such as that of the metrics: an eighth of all connections. So whoever fills it takes little from
 * the main port.
 */
export function limitsForSidePort(
  settings: ConnectionSettings,
  descriptors: { readonly most: number; readonly others: number },
): ConnectionLimits {
  const share = Math.max(8, Math.min(mostByDefault, descriptors.most) >> 3)
  return limitsFor({ ...settings, most: Math.min(settings.most ?? mostByDefault, share) }, descriptors)
}
