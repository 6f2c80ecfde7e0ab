import { expect } from 'bun:test'

/** Remembers every secret and token that a test uses, to see that none of them is in a log. */
export class Canary {
  readonly #seen = new Set<string>()

  /** Starts with the secrets of a configuration. */
  constructor(yaml: string) {
    const secrets = yaml.matchAll(/\bsecret: *(?:"([^"]*)"|'([^']*)'|([^\s,}#]+))/g)
    for (const [, double, single, plain] of secrets) this.watch(double ?? single ?? plain)
  }

  watch(secret: string | undefined | null): void {
    if (secret && secret.length >= 6) this.#seen.add(secret)
  }

  watchRequest(init: RequestInit | undefined): void {
    const authorization = new Headers(init?.headers).get('authorization')
    this.watch(authorization?.replace(/^\S+ +/, ''))
    if (typeof init?.body === 'string') this.watch(new URLSearchParams(init.body).get('client_secret'))
  }

  async watchResponse(response: Response): Promise<void> {
    if (!response.headers.get('content-type')?.startsWith('application/json')) return
    const text = await response.clone().text()
    // The answer to a HEAD request has the type and no body.
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('access_token' in body)) return
    const token = String(body.access_token)
    this.watch(token)
    for (const part of token.split('.')) this.watch(part)
  }

  /** Fails when one of them stands in `text`. */
  check(text: string): void {
    for (const secret of this.#seen) expect(text).not.toContain(secret)
  }
}
