import { expect } from 'bun:test'

/** Remembers every secret and token that a test uses, to see that none of them is in a log. */
export class Canary {
  readonly #seen = new Set<string>()

  /** Starts with the secrets of a configuration. */
  constructor(yaml: string) {
    const secrets = yaml.matchAll(/\b(?:secret|password): *(?:"([^"]*)"|'([^']*)'|([^\s,}#]+))/g)
    for (const [, double, single, plain] of secrets) this.watch(double ?? single ?? plain)
  }

  watch(secret: string | undefined | null): void {
    if (secret && secret.length >= 6) this.#seen.add(secret)
  }

  watchRequest(init: RequestInit | undefined): void {
    const authorization = new Headers(init?.headers).get('authorization')
    const credentials = authorization?.replace(/^\S+ +/, '')
    this.watch(credentials)
    if (/^basic /i.test(authorization ?? '')) this.watch(secretOf(credentials ?? ''))
    if (typeof init?.body !== 'string') return
    const form = new URLSearchParams(init.body)
    for (const parameter of secretParameters) this.watch(form.get(parameter))
    const username = form.get('username')
    if (username?.includes('@')) this.watch(username)
  }

  async watchResponse(response: Response): Promise<void> {
    for (const cookie of response.headers.getSetCookie()) this.watch(/=([^;]{16,})/.exec(cookie)?.[1])
    this.watch(/[?&]code=([^&#]+)/.exec(response.headers.get('location') ?? '')?.[1])
    if (!response.headers.get('content-type')?.startsWith('application/json')) return
    const text = await response.clone().text()
    // The answer to a HEAD request has the type and no body.
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    if (typeof body !== 'object' || body === null) return
    for (const member of secretMembers) {
      const token: unknown = Reflect.get(body, member)
      if (typeof token !== 'string') continue
      this.watch(token)
      for (const part of token.split('.')) this.watch(part)
    }
  }

  /** Fails when one of them stands in `text`. */
  check(text: string): void {
    const runs = [...new Set(text.match(longRuns))]
    const longEnough = new Map<number, string>()
    for (const secret of this.#seen) {
      let where = text
      if (isLongRun.test(secret)) {
        // A load makes a hundred thousand tokens, and a log has hardly a run as long as one.
        where = longEnough.get(secret.length) ?? runs.filter((run) => run.length >= secret.length).join(' ')
        longEnough.set(secret.length, where)
      }
      if (where !== '') expect(where).not.toContain(secret)
    }
  }
}

/** Parameters of a form that nobody else may read. */
const secretParameters = [
  ...['client_secret', 'client_assertion', 'token', 'code', 'code_verifier', 'refresh_token', 'device_code'],
  ...['login_hint', 'password', 'current_password', 'csrf', 'user_code'],
]

/** The same of a JSON answer. */
const secretMembers = [
  ...['access_token', 'api_key', 'client_secret', 'secret', 'refresh_token', 'id_token', 'device_code'],
  'user_code',
]

/** Characters of a token, as many in a row as a short secret does not have. */
const longRuns = /[\w.~+/=-]{24,}/g
const isLongRun = /^[\w.~+/=-]{24,}$/

/** The secret in the credentials of client_secret_basic (RFC 6749 section 2.3.1); undefined for what is none. */
function secretOf(credentials: string): string | undefined {
  try {
    const [, secret] = Buffer.from(credentials, 'base64').toString().split(':')
    return secret && decodeURIComponent(secret.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
