/** The numbers of failures before attempts have to wait. They are members of `limits` in config.yaml. */
export interface LimitSettings {
  readonly enabled: boolean
  /** Failures of one subject from one address. */
  readonly failures_per_client_and_address: number
  /** Failures of one subject from any address. */
  readonly failures_per_client: number
  /** Failures from one address at one tenant. */
  readonly failures_per_address: number
  readonly failures_per_tenant: number
  /** Seconds. */
  readonly longest_backoff: number
}
