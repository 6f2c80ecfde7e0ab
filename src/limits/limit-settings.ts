/** How many failures are free before attempts have to wait; the members of `limits` in config.yaml. */
export interface LimitSettings {
  readonly enabled: boolean
  /** Of one subject from one address. */
  readonly failures_per_client_and_address: number
  /** Of one subject from anywhere. */
  readonly failures_per_client: number
  /** From one address at one tenant. */
  readonly failures_per_address: number
  readonly failures_per_tenant: number
  /** Seconds. */
  readonly longest_backoff: number
}
