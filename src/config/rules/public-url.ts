interface Reached {
  readonly public_url?: string | null | undefined
  readonly tls?: object | undefined
  /** The port that is listened on. */
  readonly port: number
}

/** The base of every link of a server. */
export function publicUrlOf({ public_url, tls, port }: Reached): string {
  return public_url ?? `${tls ? 'https' : 'http'}://localhost:${port}`
}
