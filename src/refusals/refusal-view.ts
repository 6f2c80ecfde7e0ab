import type { Refusal } from './refusal-book.ts'

/** A refusal with the names that the admin API and `grantd explain --json` have for its members. */
export interface RefusalView {
  readonly time: string
  readonly tenant: string | null
  readonly client_id: string | null
  readonly method: string
  readonly route: string | null
  readonly status: number
  readonly error: string | null
  readonly check: string
  readonly saw: string | null
  readonly wanted: string | null
}

export function viewRefusal({ at, tenant, client, method, route, ...rest }: Refusal): RefusalView {
  const { status, error, check, saw, wanted } = rest
  const about = { tenant, client_id: client, method, route: route === '' ? null : route }
  return { time: new Date(at).toISOString(), ...about, status, error, check, saw, wanted }
}
