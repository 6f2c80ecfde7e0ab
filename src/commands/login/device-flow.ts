import { CommandError } from '../../cli/command.ts'
import { describeRefusal, fetchJson, type JsonAnswer } from '../../cli/remote/fetch-json.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'

/**
 * The device flow (RFC 8628) as a client sees it, in three steps: {@link discover} the endpoints, {@link askForCodes}, and
 * {@link pollForTokens} while the person signs in somewhere else.
 */

export interface Endpoints {
  readonly issuer: string
  readonly deviceAuthorization: string
  readonly token: string
  readonly jwks: string
}

export interface DeviceClient {
  readonly id: string
  /** Undefined: a public client. */
  readonly secret: string | undefined
}

export interface DeviceCodes {
  readonly deviceCode: string
  readonly userCode: string
  /** Where the person types the user code. */
  readonly verificationUri: string
  /** The same with the code in it, for a QR code. */
  readonly verificationUriComplete: string | undefined
  /** Seconds. */
  readonly expiresIn: number
  /** Seconds between two polls. */
  readonly interval: number
}

/** The members of a token answer that the flow needs. */
export interface TokenAnswer {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope?: string
  readonly expires_in?: number
}

/** What waits, and can be told to stop. */
export interface Waiting extends Pick<Platform, 'monotonic'> {
  /** Resolves after these seconds: `false` if the person stopped the command. */
  readonly wait: (seconds: number) => Promise<boolean>
}

type Http = Pick<Platform, 'environment' | 'fetch'>

/** Reads the metadata of the tenant (OpenID Connect Discovery). Throws CommandError if it has no device flow. */
export async function discover(tenantUrl: string, platform: Http): Promise<Endpoints> {
  const answer = await fetchJson(`${tenantUrl}/.well-known/openid-configuration`, { platform })
  if (answer.status !== 200) throw new CommandError(describeRefusal(answer))
  const metadata = answer.body
  const endpoint = (name: string) => {
    const url = metadata[name]
    if (isHttpUrl(url)) return url
    throw new CommandError(`The tenant has no ${name}; nobody can sign in there with a code`)
  }
  return {
    issuer: String(metadata['issuer']),
    deviceAuthorization: endpoint('device_authorization_endpoint'),
    token: endpoint('token_endpoint'),
    jwks: endpoint('jwks_uri'),
  }
}

/** Asks for the two codes (RFC 8628 section 3.1). Throws CommandError. */
export async function askForCodes(
  { deviceAuthorization }: Endpoints,
  { client, scopes }: { client: DeviceClient; scopes: readonly string[] },
  platform: Http,
): Promise<DeviceCodes> {
  const form = credentialsOf(client)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  const answer = await postForm(deviceAuthorization, form, platform)
  if (answer.status === 401) throw new CommandError(`${describeRefusal(answer)}; ${wantedOf(client)}`)
  if (answer.status !== 200) throw new CommandError(describeRefusal(answer))
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } =
    answer.body
  // They go to a terminal, and another server could send anything.
  if (!isText(device_code) || !isText(user_code) || !isHttpUrl(verification_uri))
    throw new CommandError('The server sent no codes; is that an endpoint of RFC 8628?')
  return {
    deviceCode: device_code,
    userCode: user_code,
    verificationUri: verification_uri,
    verificationUriComplete: isHttpUrl(verification_uri_complete) ? verification_uri_complete : undefined,
    expiresIn: secondsOf(expires_in) ?? 600,
    interval: secondsOf(interval) ?? 5,
  }
}

/**
 * Asks for the tokens until the person has decided (RFC 8628 sections 3.4 and 3.5). Returns undefined if the command was stopped. Throws
 * CommandError if the person denied it or the time is over.
 */
export async function pollForTokens(
  { token }: Endpoints,
  { client, codes }: { client: DeviceClient; codes: DeviceCodes },
  { platform, waiting }: { platform: Http; waiting: Waiting },
): Promise<TokenAnswer | undefined> {
  const form = credentialsOf(client)
  form.set('grant_type', 'urn:ietf:params:oauth:grant-type:device_code')
  form.set('device_code', codes.deviceCode)
  const end = waiting.monotonic() + codes.expiresIn * 1000
  let { interval } = codes
  while (waiting.monotonic() < end) {
    if (!(await waiting.wait(interval))) return undefined
    const answer = await postForm(token, form, platform).catch(() => unreachable)
    if (answer.status === 200) return readTokens(answer)
    switch (answer.body['error']) {
      case 'authorization_pending':
        break
      case 'slow_down':
        interval += 5
        break
      case 'access_denied':
        throw new CommandError('The request was denied')
      case 'expired_token':
        throw expired()
      default:
        // A server that is away for a moment is asked less often, not given up (RFC 8628 section 3.5).
        if (answer.status !== 429 && answer.status < 500) throw new CommandError(describeRefusal(answer))
        interval *= 2
    }
  }
  throw expired()
}

/** What a client that is refused has to be. Servers do not say whether it is unknown, or has another secret. */
function wantedOf({ id, secret }: DeviceClient): string {
  const name = printable(JSON.stringify(id))
  if (secret !== undefined) return `is it the secret of ${name}?`
  return `${name} is unknown, or it has a secret, which GRANTD_CLIENT_SECRET would have to hold`
}

const unreachable: JsonAnswer = { status: 503, body: {} }

function expired(): CommandError {
  return new CommandError('Nobody signed in before the code expired; run the command again')
}

function readTokens({ body }: JsonAnswer): TokenAnswer {
  const { access_token, id_token, refresh_token, scope, expires_in } = body
  if (!isText(access_token)) throw new CommandError('The server sent no access token')
  return {
    access_token,
    ...(isText(id_token) && { id_token }),
    ...(isText(refresh_token) && { refresh_token }),
    ...(typeof scope === 'string' && { scope }),
    ...(typeof expires_in === 'number' && { expires_in }),
  }
}

function credentialsOf({ id, secret }: DeviceClient): URLSearchParams {
  return new URLSearchParams({ client_id: id, ...(secret !== undefined && { client_secret: secret }) })
}

function postForm(url: string, form: URLSearchParams, platform: Http): Promise<JsonAnswer> {
  return fetchJson(url, { platform, init: { method: 'POST', body: form }, isSecret: true })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}

function isHttpUrl(value: unknown): value is string {
  return isText(value) && /^https?:\/\//.test(value) && URL.canParse(value)
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 86_400 ? value : undefined
}
