/** The logo of a tenant, as it is served. */
export interface Logo {
  /** The name in its URL, which has a hash of the content. */
  readonly name: string
  /** The media type, such as `image/png`. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** The logos of the tenants of config.yaml that have one, by tenant id. */
export type Logos = ReadonlyMap<string, Logo>
