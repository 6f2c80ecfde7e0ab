import { expect, test } from 'bun:test'
import { chmod, readdir, stat } from 'node:fs/promises'
import { isGeneratedSecret } from '../../src/secrets/generated-secret.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { platform } from '../support/test-app.ts'

const grantd = programs.executable
const sha256 = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex')

test('init writes a configuration that serves with the secret that it shows once and keeps as a hash', () =>
  withFolder(async (folder) => {
    const { code, out } = await run(grantd, {
      folder,
      args: ['init', 'srv', '--tenant', 'acme', '--client', 'billing'],
    })
    expect(code).toBe(0)
    expect((await readdir(`${folder}/srv`)).sort()).toEqual([
      '.gitignore',
      'config.schema.json',
      'config.yaml',
    ])
    const secret = /gds_\w{49}/.exec(out)?.[0] ?? ''
    expect(isGeneratedSecret(secret, platform.hashing)).toBe(true)
    const yaml = await Bun.file(`${folder}/srv/config.yaml`).text()
    expect(yaml).toStartWith('# yaml-language-server: $schema=config.schema.json\n')
    expect(yaml).not.toContain(secret)
    expect(yaml).toContain(`secret_hash: sha256:${sha256(secret)}`)
    expect(await run(grantd, { folder, args: ['check', 'srv/config.yaml'] })).toEqual({
      code: 0,
      out: 'ok: srv/config.yaml: 1 tenant, 1 client, 0 warnings\n',
      err: '',
    })
    const server = await startServer(grantd, { folder: `${folder}/srv` })
    server.canary.watch(secret)
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'billing',
      client_secret: secret,
    })
    const answer = await fetch(`${server.url}/api/v1/tenant/acme/oauth/token`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ expires_in: 900, scope: 'api:read' })
    expect(await server.stop()).toBe(0)
  }))

test('init overwrites nothing: it ends with 1 and leaves every file as it was', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, 'mine')
    const { code, err } = await run(grantd, { folder, args: ['init'] })
    expect(code).toBe(1)
    expect(err).toBe(
      `grantd: ${folder}/config.yaml is there already and stays as it is; choose another folder: grantd init DIR\n`,
    )
    expect(await Bun.file(`${folder}/config.yaml`).text()).toBe('mine')
    expect(await readdir(folder)).toEqual(['config.yaml'])
  }))

test('init keeps a .gitignore that is there, and says so', () =>
  withFolder(async (folder) => {
    await Bun.write(`${folder}/.gitignore`, 'mine\n')
    const { code, out } = await run(grantd, { folder, args: ['init'] })
    expect(code).toBe(0)
    expect(out).toContain(`kept  ${folder}/.gitignore, which was there already\n`)
    expect(await Bun.file(`${folder}/.gitignore`).text()).toBe('mine\n')
  }))

test('init refuses an id that cannot be one and writes nothing', () =>
  withFolder(async (folder) => {
    const { code, err } = await run(grantd, { folder, args: ['init', '--tenant', '../etc'] })
    expect(code).toBe(78)
    expect(err).toContain(
      'tenants has the key "../etc", wanted 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    )
    expect(await readdir(folder)).toEqual([])
  }))

test('check tells all faults and warnings with their places and ends with 78; --json is for scripts', () =>
  withFolder(async (folder) => {
    await writeConfig(
      folder,
      'tenants:\n  a:\n    name: A\n    isuer: x\n    clients:\n      c: { secret: secret, scopes: [r] }\n    oauth2: {}\n',
    )
    const text = await run(grantd, { folder, args: ['check'] })
    expect(text.code).toBe(78)
    expect(text.err.split('\n')).toEqual([
      'config.yaml:4:5: tenants.a.isuer is not a known key; did you mean issuer?',
      'config.yaml:6:37: tenants.a.clients.c.scopes[0] is r, which is not a scope of this tenant (none)',
      expect.stringMatching(/^warning: config\.yaml:6:12: tenants\.a\.clients\.c\.secret is a known example/),
      '',
    ])
    const json = await run(grantd, { folder, args: ['check', '--json'] })
    expect(json.code).toBe(78)
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      faults: [
        { file: 'config.yaml', line: 4, column: 5 },
        { line: 6, column: 37 },
      ],
      warnings: [{ line: 6, column: 12 }],
    })
  }))

test('check looks at the keys that are there and makes none', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, 'tenants:\n  a: { name: A, signing: { algorithm: ES256, kid: k } }\n')
    expect((await run(grantd, { folder, args: ['check'] })).code).toBe(0)
    expect(await readdir(folder)).toEqual(['config.yaml'])
    await run(grantd, { folder, args: ['keys', 'generate'] })
    await Bun.write(`${folder}/data/keys/a/k.pem`, '')
    const { code, err } = await run(grantd, { folder, args: ['check'] })
    expect(code).toBe(78)
    expect(err).toContain(`Cannot load the signing key of tenant 'a': ${folder}/data/keys/a/k.pem is empty`)
  }))

test('schema prints the JSON Schema that lies beside the shipped config.yaml', () =>
  withFolder(async (folder) => {
    const { code, out } = await run(grantd, { folder, args: ['schema'] })
    expect(code).toBe(0)
    expect(out).toBe(await Bun.file(`${import.meta.dir}/../../config.schema.json`).text())
  }))

test('secret prints a new secret with the hash and the YAML of it', () =>
  withFolder(async (folder) => {
    const { code, out } = await run(grantd, { folder, args: ['secret', '--client', 'billing', '--json'] })
    expect(code).toBe(0)
    const made = JSON.parse(out)
    expect(made).toEqual({
      client_id: 'billing',
      secret: made.secret,
      secret_hash: `sha256:${sha256(made.secret)}`,
    })
    expect(isGeneratedSecret(made.secret, platform.hashing)).toBe(true)
    const text = (await run(grantd, { folder, args: ['secret', '--client', 'billing'] })).out
    expect(text).toMatch(/^ {6}"billing":\n {8}secret_hash: sha256:[0-9a-f]{64}$/m)
    expect(text).not.toContain(made.secret)
  }))

test('keys lists, makes and exports, and never prints a private key', () =>
  withFolder(async (folder) => {
    await writeConfig(
      folder,
      'tenants:\n  a: { name: A, signing: { algorithm: ES256 } }\n  b: { name: B, signing: { kid: kb } }\n',
    )
    const keys = (...args: string[]) => run(grantd, { folder, args: ['keys', ...args] })
    expect((await keys('list')).out).toContain('a  missing  ES256')
    expect((await keys('export', '--public', '--tenant', 'a')).err).toContain("The tenant 'a' has no key yet")
    const made = await keys('generate', '--json')
    expect(JSON.parse(made.out)).toMatchObject([
      { tenant: 'a', generated: true },
      { tenant: 'b', kid: 'kb', generated: true },
    ])
    expect((await stat(`${folder}/data/keys/b/kb.pem`)).mode & 0o777).toBe(0o600)
    expect((await keys('generate')).out).toContain('b  kept  kb')
    const { out } = await keys('export', '--public', '--tenant', 'b')
    expect(Object.keys(JSON.parse(out).keys[0])).toEqual(['kty', 'use', 'kid', 'n', 'e', 'alg'])
    expect((await keys('export', '--tenant', 'b')).code).toBe(2)
    expect((await keys('export', '--public')).err).toContain('keys export wants one tenant')
    expect((await keys('melt')).err).toContain('keys wants one of list, plan, generate, rotate, export')
    expect(await keys('list', '--tenant', 'z')).toMatchObject({
      code: 1,
      err: "grantd: There is no tenant 'z'; grantd keys list names them\n",
    })
    await chmod(`${folder}/data/keys/b/kb.pem`, 0o644)
    const listed = await keys('list', '--json')
    expect(listed.code).toBe(78)
    expect(JSON.parse(listed.out)).toMatchObject([
      { tenant: 'a', state: 'ok' },
      { tenant: 'b', state: 'broken' },
    ])
  }))
