/** A quota of requests in a window of time. */
export interface QuotaPolicy {
  /** Of letters, digits and `-`, so that it can stand in a String of RFC 9651. */
  readonly name: string
  readonly quota: number
  /** Seconds. */
  readonly window: number
}

/** What is left of a quota. */
export interface ServiceLimit {
  readonly policy: string
  readonly remaining: number
  /** Seconds within which no more than `remaining` can be used. */
  readonly window: number
}

/** The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11 section 3). */
export function renderPolicies(policies: readonly QuotaPolicy[]): string {
  return policies.map(({ name, quota, window }) => `"${name}";q=${quota};w=${window}`).join(', ')
}

/** The value of `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11 section 4). */
export function renderServiceLimit({ policy, remaining, window }: ServiceLimit): string {
  return `"${policy}";r=${remaining};t=${window}`
}
