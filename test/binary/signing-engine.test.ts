import { expect, setDefaultTimeout, test } from 'bun:test'
import { availableParallelism } from 'node:os'
import * as jose from 'jose'
import { weighOpensslHere } from '../../src/platform/openssl/openssl-prospects.ts'
import { openssl } from '../support/engines.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const secret = 'own-secret-of-the-app'
const yaml = (engine: string) => `
server: { signing_engine: ${engine} }
tenants:
  rsa: { name: R, oauth2: {}, signing: { algorithm: PS256 }, clients: { app: { secret: ${secret} } } }
  ec: { name: E, oauth2: {}, signing: { algorithm: ES384 }, clients: { app: { secret: ${secret} } } }
`

/** Gets a token of each tenant, many at once, and lets jose verify them with the published keys. */
async function expectTokens(url: string): Promise<void> {
  for (const tenant of ['rsa', 'ec']) {
    const base = `${url}/api/v1/tenant/${tenant}`
    const keys = jose.createLocalJWKSet(await (await fetch(`${base}/.well-known/jwks.json`)).json())
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: 'app', client_secret: secret },
    })
    const ask = async () => (await fetch(`${base}/oauth/token`, { method: 'POST', body })).json()
    for (const { access_token } of await Promise.all(Array.from({ length: 20 }, ask)))
      expect((await jose.jwtVerify(access_token, keys)).payload.sub).toBe('app')
  }
}

async function serveWith(program: readonly string[], engine: string): Promise<string> {
  return withFolder(async (folder) => {
    await writeConfig(folder, yaml(engine))
    const server = await startServer(program, { folder })
    await expectTokens(server.url)
    // The engine is told after the start, where it has to be measured.
    await waitFor('the engine is told', () => isTold(server.output()))
    await expectTokens(server.url)
    expect(await server.stop()).toBe(0)
    return server.output()
  })
}

const isTold = (output: string) => output.split('"message":"signing engine"').length > 2

const withFfi = programs.deno.toSpliced(2, 0, '--allow-ffi')

// Skipped where the machine has no OpenSSL 3.
test.skipIf(!openssl)('Deno measures, signs on meanwhile, and says what it chose', async () => {
  const output = await serveWith(withFfi, 'auto')
  for (const key of ['RSA 2048', 'P-384'])
    expect(output).toMatch(
      new RegExp(
        `"key":"${key}","engine":"(?:builtin|openssl)","builtin_us":\\d+,"openssl_us":\\d+,"library":`,
      ),
    )
})

test('the executable says what it chose: of what it measured, or of what it knows', async () => {
  const output = await serveWith(programs.executable, 'auto')
  const isTried = (await weighOpensslHere('RSA 2048')) === undefined && openssl !== undefined
  expect(output).toMatch(
    isTried
      ? /"key":"RSA 2048","engine":"(?:builtin|openssl)","builtin_us":\d+,"openssl_us":\d+,"library":/
      : /"key":"RSA 2048","engine":"builtin","reason":"/,
  )
  expect(output).toMatch(/"key":"P-384","engine":"builtin","reason":"the runtime is faster with this curve"/)
})

test.skipIf(!openssl)(
  'the executable signs with OpenSSL on threads where cores are left, and ends with them',
  async () => {
    const output = await serveWith(programs.executable, 'openssl')
    const threads = availableParallelism() > 1 ? `,"threads":${Math.min(availableParallelism(), 8)}` : ''
    expect(output).toMatch(
      new RegExp(`"key":"RSA 2048","engine":"openssl","library":"[^"]+","provider":"default"${threads}}`),
    )
    expect(output).not.toContain('a signing thread has ended')
  },
)

test('Deno without the permission signs by itself, and asks nobody for it', async () => {
  const output = await serveWith(programs.deno, 'auto')
  expect(output).toContain(
    '"engine":"builtin","reason":"Deno may call no library; start it with --allow-ffi"',
  )
})

test('OpenSSL that was asked for and cannot be had ends with 78 and says why', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml('openssl'))
    const { code, out, err } = await run(programs.deno, { folder, args: ['serve', '--port', '0'] })
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(err).toEndWith(
      'Cannot sign with OpenSSL, as server.signing_engine wants: Deno may call no library; start it with --allow-ffi; install OpenSSL 3, or set it to auto\n',
    )
  }))

test.skipIf(!openssl)(
  'a provider of the host that takes no such key ends with 78, whether the key is new or not',
  () =>
    withFolder(async (folder) => {
      // As a FIPS host says which provider signs; this one signs nothing.
      const conf = '[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n'
      await Bun.write(`${folder}/openssl.cnf`, `openssl_conf = a\n${conf}`)
      const refuse = () =>
        run(programs.executable, {
          folder,
          args: ['serve', '--port', '0'],
          env: { OPENSSL_CONF: `${folder}/openssl.cnf` },
        })
      for (const engine of ['openssl', 'builtin', 'openssl']) {
        await writeConfig(folder, yaml(engine))
        if (engine === 'builtin') {
          expect(await (await startServer(programs.executable, { folder })).stop()).toBe(0)
          continue
        }
        const { code, err } = await refuse()
        expect(code).toBe(78)
        expect(err).toContain('is a key that OpenSSL does not sign with: ')
        expect(err).toContain("Cannot load the signing key of tenant 'rsa': ")
      }
    }),
)

test('another engine is refused by name', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml('boringssl'))
    const { code, err } = await run(programs.executable, { folder, args: ['serve', '--port', '0'] })
    expect(code).toBe(78)
    expect(err).toContain('server.signing_engine')
  }))
