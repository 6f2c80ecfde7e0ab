import { expect, test } from 'bun:test'
import { chmod, readdir } from 'node:fs/promises'
import { generateClientKey } from '../../src/keys/client-key-pair.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const grantd = programs.executable
const yaml = 'tenants:\n  acme: { name: Acme, signing: { algorithm: ES256, kid: k1 } }\n'

test('config faults are all told with file, line and column, and end with 78 before a port is open', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, 'server:\n  prot: 1\ntenants:\n  acme:\n    nam: Acme\n')
    const { code, out, err } = await run(grantd, { folder, args: ['--port', '0'] })
    expect([code, out]).toEqual([78, ''])
    expect(err).toBe(
      [
        'config.yaml:2:3: server.prot is not a known key; did you mean port?',
        'config.yaml:5:5: tenants.acme.nam is not a known key; did you mean name?',
        'config.yaml:5:5: tenants.acme.name is missing; it is required',
        '',
      ].join('\n'),
    )
  }))

test('a configuration that is named and missing ends with 78', () =>
  withFolder(async (folder) => {
    const { code, err } = await run(grantd, { folder, args: ['--config', 'none.yaml'] })
    expect(code).toBe(78)
    expect(err).toBe(
      'none.yaml: there is no such file; write one with grantd init, or name another with --config PATH\n',
    )
  }))

test('a key that others can read ends with 78 and the file stays as it is', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    expect(await (await startServer(grantd, { folder })).stop()).toBe(0)
    const path = `${folder}/data/keys/acme/k1.pem`
    const before = await Bun.file(path).text()
    await chmod(path, 0o644)
    const { code, err } = await run(grantd, { folder, args: ['--port', '0'] })
    expect(code).toBe(78)
    expect(err).toBe(
      `Cannot load the signing key of tenant 'acme': ${path} is readable by others (mode 0644), wanted 0600; run: chmod 0600 ${path}\n`,
    )
    expect(await Bun.file(path).text()).toBe(before)
  }))

test('a port in use, a second copy included, is one clear line and exit 1', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const first = await startServer(grantd, { folder })
    const { code, err } = await run(grantd, { folder, args: ['--port', String(first.port)] })
    expect(code).toBe(1)
    expect(err).toBe(
      `grantd: Cannot listen on 127.0.0.1:${first.port}: the port is in use; stop what uses it, or choose another with --port\n`,
    )
    expect(await first.stop()).toBe(0)
  }))

test('two processes that start at once on one data_dir end with one key', () =>
  withFolder(async (folder) => {
    await writeConfig(
      folder,
      'tenants:\n  acme: { name: Acme }\n  other: { name: Other, signing: { kid: k } }\n',
    )
    const servers = await Promise.all([1, 2, 3].map(() => startServer(grantd, { folder })))
    for (const tenant of ['acme', 'other']) {
      const path = `/api/v1/tenant/${tenant}/.well-known/jwks.json`
      const answers = await Promise.all(servers.map(async ({ url }) => (await fetch(url + path)).text()))
      expect(new Set(answers).size).toBe(1)
      expect(await readdir(`${folder}/data/keys/${tenant}`)).toHaveLength(1)
    }
    await Promise.all(servers.map((server) => server.stop()))
  }))

test('with many tenants the start does not wait for their keys, and the first request of one does', () =>
  withFolder(async (folder) => {
    const tenants = Array.from({ length: 60 }, (_, index) => `  t${index}: { name: T }`)
    await writeConfig(folder, `tenants:\n${tenants.join('\n')}\n`)
    const server = await startServer(grantd, { folder })
    expect(server.output()).toContain('and 50 more')
    const answer = await fetch(`${server.url}/api/v1/tenant/t59/.well-known/jwks.json`)
    expect((await answer.json()).keys).toHaveLength(1)
    await server.stop()
  }))

test('what a person sees at the start names the address, the tenant, its key, a first request and the Swagger page', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, await Bun.file(`${import.meta.dir}/../../config.yaml`).text())
    const server = await startServer(grantd, { folder })
    const output = server.output()
    expect(output).toContain(`listens on http://127.0.0.1:${server.port}`)
    expect(output).toContain('test-tenant: 1 client, key oauth2-key-1 (RS256), new in')
    expect(output).toContain(
      'curl -u your-client-id -d grant_type=client_credentials http://localhost:3000/api/v1',
    )
    expect(output).toContain('/swagger')
    await server.stop()
  }))

test('the first request of a client with a key is one with its key', () =>
  withFolder(async (folder) => {
    const { publicJwk } = await generateClientKey('ES256', undefined)
    const keyed = `{ token_endpoint_auth_method: private_key_jwt, jwks: ${JSON.stringify({ keys: [publicJwk] })} }`
    await writeConfig(
      folder,
      `tenants:\n  acme:\n    name: A\n    oauth2: {}\n    clients:\n      billing: ${keyed}\n`,
    )
    const server = await startServer(grantd, { folder })
    expect(server.output()).toContain(
      'try       grantd token --tenant acme --client billing --key-file PATH\n',
    )
    expect(server.output()).not.toContain('curl')
    await server.stop()
  }))
