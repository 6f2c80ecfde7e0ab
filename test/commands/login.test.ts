import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { runCommand } from '../../src/commands/run.ts'
import type { StopSignal } from '../../src/platform/platform.ts'
import { platform, startTestApp, type TestApp } from '../support/test-app.ts'

const config = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { audience: [acme-api], scopes: { api:read: R } }
    clients:
      svc: { secret: svc-secret-value, scopes: [api:read] }
`
const base = 'http://login.example'
const tenant = `${base}/api/v1/tenant/acme`

let app: TestApp
let token: string
beforeAll(async () => {
  app = await startTestApp(config)
  token = await app.token('acme', { client_id: 'svc', client_secret: 'svc-secret-value' })
})
afterAll(() => app.close())

const metadata = {
  issuer: 'https://issuer.example',
  device_authorization_endpoint: `${tenant}/oauth/device_authorization`,
  token_endpoint: `${tenant}/oauth/token`,
  jwks_uri: `${tenant}/.well-known/jwks.json`,
}
const codes = {
  device_code: 'device-code-of-the-test',
  user_code: 'WDJB-MJHT',
  verification_uri: `${base}/device`,
  verification_uri_complete: `${base}/device?user_code=WDJB-MJHT`,
  expires_in: 600,
  interval: 5,
}
const failure = (error: string) =>
  Response.json({ error, error_description: `It is ${error}` }, { status: 400 })

interface Scripted {
  readonly metadata?: object
  readonly codes?: object | Response
  /** The answers of the token endpoint, one for each poll. */
  readonly polls?: readonly (() => Response)[]
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Sends SIGINT at the wait of this number. */
  readonly stopAt?: number
}

/** Runs `grantd login` against a server that answers as the script says. Time passes only where the command waits. */
async function login(script: Scripted = {}) {
  const sent: { path: string; form: Record<string, string> }[] = []
  const waits: number[] = []
  const listeners = new Set<(signal: StopSignal) => void>()
  let [out, err, clock] = ['', '', 0]
  let poll = 0
  const answer = async (path: string): Promise<Response> => {
    if (path.endsWith('/openid-configuration')) return Response.json(script.metadata ?? metadata)
    if (path.endsWith('/jwks.json')) return app.send(path)
    if (path.endsWith('/device_authorization'))
      return script.codes instanceof Response ? script.codes : Response.json(script.codes ?? codes)
    return script.polls?.[poll++]?.() ?? failure('authorization_pending')
  }
  const code = await runCommand({
    ...platform,
    args: ['login', '--tenant', 'acme', ...(script.args ?? ['--client', 'cli', '--url', base])],
    isTerminal: false,
    environment: (name) => script.environment?.[name],
    monotonic: () => clock,
    after: (milliseconds, callback) => {
      waits.push(milliseconds / 1000)
      clock += milliseconds
      if (waits.length === script.stopAt) for (const listener of listeners) listener('SIGINT')
      else queueMicrotask(callback)
      return () => {}
    },
    onStopSignal: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    fetch: async (url, init) => {
      const { pathname } = new URL(url)
      const form = Object.fromEntries(new URLSearchParams(String(init.body ?? '')))
      sent.push({ path: pathname, form })
      return answer(pathname)
    },
    writeOut: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, out, err, sent, waits, listening: listeners.size }
}

const tokens = () =>
  Response.json({ access_token: token, token_type: 'Bearer', expires_in: 3600, scope: 'api:read' })

describe('grantd login', () => {
  test('shows the address, the code and a QR code, waits, and says who signed in', async () => {
    const { code, out, err, sent, waits, listening } = await login({
      polls: [() => failure('authorization_pending'), tokens],
    })
    expect(code).toBe(0)
    expect(err).toContain(`\n  ${base}/device\n  WDJB-MJHT\n`)
    expect(err).toMatch(/\n█[█▀▄ ]{30,}█\n/)
    expect(err).toEndWith('Waiting for at most 10 minutes; Ctrl-C stops.\n')
    expect(out).toStartWith('Signed in as svc\n\nAccess token\n')
    expect(out).toContain('verified')
    expect(out).not.toContain(token)
    expect(waits).toEqual([5, 5])
    expect(listening).toBe(0)
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    expect(sent.map(({ form }) => form)).toEqual([
      {},
      { client_id: 'cli', scope: 'openid profile email' },
      { client_id: 'cli', grant_type, device_code: codes.device_code },
      { client_id: 'cli', grant_type, device_code: codes.device_code },
      {},
    ])
  })

  test('--json prints the tokens and what is in them, and nothing else on standard output', async () => {
    const polls = [() => Response.json({ access_token: token, id_token: token, refresh_token: 'r.s' })]
    const { out } = await login({ polls, args: ['--client', 'cli', '--url', base, '--json'] })
    const { decoded, ...answer } = JSON.parse(out)
    expect(answer).toEqual({ access_token: token, id_token: token, refresh_token: 'r.s' })
    expect(decoded.id_token).toMatchObject({ claims: { sub: 'svc' }, signature: 'verified' })
    expect(decoded.access_token.header.alg).toBe('ES256')
  })

  test('asks for the scopes that are named, and a client with a secret sends it', async () => {
    const { sent } = await login({
      polls: [tokens],
      args: ['--client-id', 'tv', '--url', base, '--scope', 'openid,api:read'],
      environment: { GRANTD_CLIENT_SECRET: 'the-secret' },
    })
    const credentials = { client_id: 'tv', client_secret: 'the-secret' }
    expect(sent[1]?.form).toEqual({ ...credentials, scope: 'openid api:read' })
    expect(sent[2]?.form).toMatchObject(credentials)
  })

  test('slow_down makes each wait five seconds longer', async () => {
    const slow = () => failure('slow_down')
    const { waits } = await login({ polls: [slow, () => failure('authorization_pending'), slow, tokens] })
    expect(waits).toEqual([5, 10, 10, 15])
  })

  test('a server that is away for a moment is asked less often, and not given up', async () => {
    const away = () => Response.json({ error: 'temporarily_unavailable' }, { status: 503 })
    const { code, waits } = await login({
      polls: [away, () => new Response('<html>', { status: 502 }), tokens],
    })
    expect([code, waits]).toEqual([0, [5, 10, 20]])
  })

  test.each([
    ['access_denied', 'The request was denied'],
    ['expired_token', 'Nobody signed in before the code expired; run the command again'],
    ['invalid_grant', 'The server refused with 400: "It is invalid_grant"'],
  ])('%s ends it', async (error, complaint) => {
    const { code, out, err } = await login({ polls: [() => failure(error)] })
    expect([code, out]).toEqual([1, ''])
    expect(err).toEndWith(`grantd: ${complaint}\n`)
  })

  test('it does not ask for longer than the code lives', async () => {
    const { code, err, waits } = await login({ codes: { ...codes, expires_in: 20, interval: undefined } })
    expect([code, waits]).toEqual([1, [5, 5, 5, 5]])
    expect(err).toContain('Nobody signed in before the code expired')
  })

  test('Ctrl-C ends it, whatever it waits for', async () => {
    const { code, out, err, listening } = await login({ stopAt: 3 })
    expect([code, out, listening]).toEqual([130, '', 0])
    expect(err).toEndWith('\nStopped; nobody signed in\n')
  })

  test.each([
    [{}, '"cli" is unknown, or it has a secret, which GRANTD_CLIENT_SECRET would have to hold'],
    [{ GRANTD_CLIENT_SECRET: 'another' }, 'is it the secret of "cli"?'],
  ])('a refused client is explained: %j', async (environment, complaint) => {
    const refusal = Response.json({ error: 'invalid_client', error_description: 'No' }, { status: 401 })
    const { code, err } = await login({ codes: refusal, environment })
    expect([code, err]).toEqual([1, `grantd: The server refused with 401: "No"; ${complaint}\n`])
  })

  test('a tenant without the device flow says so', async () => {
    const { code, err } = await login({ metadata: { ...metadata, device_authorization_endpoint: undefined } })
    expect([code, err]).toEqual([
      1,
      'grantd: The tenant has no device_authorization_endpoint; nobody can sign in there with a code\n',
    ])
  })

  test.each([
    { user_code: '\x1b]0;title\x07' },
    { verification_uri: 'javascript:alert(1)' },
    { device_code: 7 },
  ])('codes that a terminal or a person should not see are refused: %j', async (wrong) => {
    const { code, err } = await login({ codes: { ...codes, ...wrong } })
    expect([code, err]).toEqual([1, 'grantd: The server sent no codes; is that an endpoint of RFC 8628?\n'])
  })

  test('a token with another signature is shown, and is a failure', async () => {
    const [head, claims, signature = ''] = token.split('.')
    const forged = [head, claims, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.')
    const { code, out, err } = await login({ polls: [() => Response.json({ access_token: forged })] })
    expect(code).toBe(1)
    expect(out).toContain('Signed in as svc')
    expect(err).toEndWith('grantd: The signature of a token does not verify\n')
  })

  test('without --client and without a configuration it says what it wants', async () => {
    const { code, err } = await login({ args: ['--url', base] })
    expect(code).toBe(2)
    expect(err).toStartWith(
      'grantd: login wants --client; grantd client add --app device makes a client for it\n',
    )
  })
})
