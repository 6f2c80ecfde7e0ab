import { expect, test } from 'bun:test'
import { createPublicKey } from 'node:crypto'
import manifest from '../../package.json' with { type: 'json' }
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const grantd = programs.executable
const secret = 'own-secret-of-app-1'
const yaml = (port: number, more = '') => `server: { host: 127.0.0.1, port: ${port} }
${more}tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: R, write: W } }
    signing: { algorithm: ES256 }
    clients: { app: { secret: ${secret}, scopes: [read, write] } }
`

test.each([[['version']], [['--version']], [['-v']], [['serve', '-v']], [['token', '--version']]])(
  '%j prints the version',
  async (args) => {
    await withFolder(async (folder) => {
      const { code, out } = await run(grantd, { folder, args })
      expect(code).toBe(0)
      expect(out).toStartWith(`grantd ${manifest.version} (`)
    })
  },
)

test('version --json is for scripts', () =>
  withFolder(async (folder) => {
    const { out } = await run(grantd, { folder, args: ['version', '--json'] })
    expect(JSON.parse(out)).toEqual({ version: manifest.version, commit: expect.any(String) })
  }))

test.each([
  [['tokn'], "Unknown command 'tokn'; did you mean token?"],
  [['helth'], "Unknown command 'helth'"],
  [['help', 'chekc'], "Unknown command 'chekc'; did you mean check?"],
  [['token', '--tennant', 'a'], "Unknown option '--tennant'; did you mean --tenant?"],
  [['--prot', '80'], "Unknown option '--prot'; did you mean --port?"],
  [['token', '--secret', 'a'], "Unknown option '--secret'"],
  [['keys', '--drop_old'], "Unknown option '--drop_old'; did you mean --drop-old?"],
  [['check', '-x'], "Unknown option '-x'"],
  [['revoke', '--token', 'x'], "Unknown option '--token'; did you mean --token-stdin?"],
  [['--vresion'], "Unknown option '--vresion'; did you mean --version?"],
])('%j is told as %s', async (args, complaint) => {
  await withFolder(async (folder) => {
    const { code, err } = await run(grantd, { folder, args })
    expect([code, err.split('\n')[0]]).toEqual([2, `grantd: ${complaint}`])
  })
})

test('token and healthcheck find the server by config.yaml, whatever else is wrong with it or cannot be had here', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml(0))
    const server = await startServer(grantd, { folder })
    server.canary.watch(secret)
    const ask = (args: string[], env: Record<string, string> = {}) =>
      run(grantd, { folder, args, env, stdin: secret })
    const token = ['token', '--tenant', 'acme', '--client', 'app']
    const good = yaml(server.port)
    for (const text of [
      good,
      good.replace('clients: {', 'clients: { other: { secret_env: NOT_SET_HERE },'),
      good.replace('name: Acme', 'nam: Acme'),
      `server: { port: ${server.port}, prot: 1 }\n`,
    ]) {
      await writeConfig(folder, text)
      expect(await ask(token)).toMatchObject({ code: 0, err: '' })
      expect(await ask(['healthcheck'])).toMatchObject({ code: 0, err: '' })
    }
    await writeConfig(folder, yaml(1))
    expect((await ask(token)).err).toContain('Cannot reach http://127.0.0.1:1')
    expect((await ask([...token, '--port', String(server.port)])).code).toBe(0)
    expect((await ask(token, { GRANTD_PORT: String(server.port) })).code).toBe(0)
    expect((await ask(token, { GRANTD_URL: server.url, GRANTD_PORT: '2' })).code).toBe(0)
    expect((await ask([...token, '--url', server.url], { GRANTD_URL: 'http://127.0.0.1:2' })).code).toBe(0)
    await Bun.write(`${folder}/other.yaml`, good)
    expect((await ask([...token, '--config', 'other.yaml'])).code).toBe(0)
    expect(await server.stop()).toBe(0)
  }))

test('token does not guess where config.yaml cannot be read, its port is none, or it takes any', () =>
  withFolder(async (folder) => {
    const told = async (text: string) => {
      await writeConfig(folder, text)
      const args = ['token', '--tenant', 'acme', '--client', 'app']
      const { code, err } = await run(grantd, { folder, args, stdin: 'x' })
      return [code, err]
    }
    expect(await told('server: { port: none }\n')).toEqual([
      78,
      'config.yaml:1:17: server.port is "none", wanted a whole number from 0 to 65535\n',
    ])
    expect((await told('server: [\n'))[0]).toBe(78)
    expect(await told('server: []\n')).toEqual([78, 'config.yaml:1:9: server is a list, wanted a map\n'])
    expect(await told(yaml(0))).toEqual([
      1,
      'grantd: The port of the server is 0, which takes any free one, and no running server says which: name the server with --url URL\n',
    ])
  }))

test('an option has one name in all commands, and the names of before work on', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml(0))
    const server = await startServer(grantd, { folder })
    const scopeOf = async (...args: string[]) => {
      const asked = ['token', '--url', server.url, '--tenant', 'acme', '--decode', '--json', ...args]
      return JSON.parse((await run(grantd, { folder, args: asked, stdin: secret })).out).claims.scope
    }
    expect(await scopeOf('--client', 'app', '--scopes', 'read')).toBe('read')
    expect(await scopeOf('--client-id', 'app', '--scope', 'write')).toBe('write')
    expect(await scopeOf('--client', 'app', '--scopes', 'read,write')).toBe('read write')
    expect(await scopeOf('--client', 'app', '--scopes', 'read write')).toBe('read write')
    const add = ['client', 'add', '--tenant', 'acme', '--client', 'b', '--scope', 'read write', '--json']
    expect((await run(grantd, { folder, args: add })).code).toBe(0)
    const shown = await run(grantd, {
      folder,
      args: ['client', 'show', '--tenant', 'acme', '--client', 'b', '--json'],
    })
    expect(JSON.parse(shown.out).scopes).toEqual(['read', 'write'])
    expect(await server.stop()).toBe(0)
  }))

test('keys export --pem prints the public keys as PEM, one alone by --kid, and never a private one', () =>
  withFolder(async (folder) => {
    const kinds = { rs: 'RS256', es: 'ES256', ed: 'EdDSA' }
    const tenants = Object.entries(kinds).map(
      ([id, algorithm]) => `  ${id}: { name: T, signing: { algorithm: ${algorithm} } }\n`,
    )
    await writeConfig(folder, `tenants:\n${tenants.join('')}`)
    const keys = (...args: string[]) => run(grantd, { folder, args: ['keys', ...args] })
    await keys('generate')
    await keys('rotate', '--tenant', 'es')
    for (const id of Object.keys(kinds)) {
      const { out } = await keys('export', '--pem', '--tenant', id)
      expect(out).not.toContain('PRIVATE')
      const jwks = JSON.parse((await keys('export', '--public', '--tenant', id)).out).keys
      const blocks = [
        ...out.matchAll(
          /^# (\S+) (\S+) \w+\n(-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----\n)/gm,
        ),
      ]
      expect(blocks.map(([, kid, alg]) => [kid, alg])).toEqual(
        jwks.map(({ kid, alg }: { kid: string; alg: string }) => [kid, alg]),
      )
      for (const [index, [, , , pem = '']] of blocks.entries()) {
        const { kty, n, e, crv, x, y } = jwks[index]
        const wanted = Object.fromEntries(
          Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value),
        )
        expect({ ...createPublicKey(pem).export({ format: 'jwk' }) }).toEqual(wanted)
      }
    }
    const [, next] = JSON.parse((await keys('export', '--public', '--tenant', 'es')).out).keys
    const alone = (await keys('export', '--pem', '--tenant', 'es', '--kid', next.kid)).out
    expect(alone).toStartWith(`# ${next.kid} ES256 next\n`)
    expect(alone.match(/BEGIN/g)).toHaveLength(1)
    expect(
      JSON.parse((await keys('export', '--public', '--tenant', 'es', '--kid', next.kid)).out).keys,
    ).toEqual([next])
    expect(await keys('export', '--pem', '--tenant', 'es', '--kid', 'x')).toEqual({
      code: 1,
      out: '',
      err: "grantd: The tenant 'es' has no key 'x'; grantd keys list names them\n",
    })
  }))

test('decode says that a token has expired, and with --jwks ends with 1', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml(0).replace(`secret: ${secret}`, `secret: ${secret}, access_token_ttl: 1s`))
    const server = await startServer(grantd, { folder })
    const args = ['token', '--url', server.url, '--tenant', 'acme', '--client', 'app']
    const stdin = (await run(grantd, { folder, args, stdin: secret })).out
    const jwks = await (await fetch(`${server.url}/api/v1/tenant/acme/.well-known/jwks.json`)).text()
    await Bun.write(`${folder}/jwks.json`, jwks)
    const decode = (...more: string[]) => run(grantd, { folder, args: ['decode', ...more], stdin })
    const exp = JSON.parse((await decode('--json')).out).claims.exp
    await waitFor('the token has expired', () => Date.now() > exp * 1000 + 100)
    const checked = await decode('--jwks', 'jwks.json')
    expect(checked.code).toBe(1)
    expect(checked.out).toMatch(/Signature\n {2}verified\nTime\n {2}expired (?:now|\d+ seconds? ago)\n$/)
    expect(checked.err).toMatch(/^grantd: The signature verifies, but the token expired /)
    const plain = await decode()
    expect(plain.code).toBe(0)
    expect(plain.out).toContain('Time\n  expired ')
    expect(JSON.parse((await decode('--json', '--jwks', 'jwks.json')).out)).toMatchObject({
      signature: 'verified',
      expired: true,
    })
    expect(await server.stop()).toBe(0)
  }))
