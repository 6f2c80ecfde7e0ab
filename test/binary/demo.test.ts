import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { programs, run, startServer, withFolder } from '../support/spawn-server.ts'

const grantd = programs.executable

test('in an empty folder it serves a demo on loopback, keeps nothing, and its printed secret gets a token', () =>
  withFolder(async (folder) => {
    const server = await startServer(grantd, { folder })
    expect(server.output()).toContain(`listens on http://127.0.0.1:${server.port}\n`)
    const secret = /The secret, shown this once: (gds_\w{49})\n/.exec(server.output())?.[1] ?? ''
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'demo-client',
      client_secret: secret,
    })
    const answer = await fetch(`${server.url}/api/v1/tenant/test-tenant/oauth/token`, {
      method: 'POST',
      body,
    })
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'api:read api:write' })
    expect((await fetch(`${server.url}/swagger`)).status).toBe(200)
    expect(server.output()).toMatch(/The password, shown this once: [a-z]{4}(?:-[a-z]{4}){3}\n/)
    expect(server.output()).toContain(
      `sign in   http://localhost:${server.port}/api/v1/tenant/test-tenant/try\n`,
    )
    expect((await fetch(`${server.url}/api/v1/tenant/test-tenant/try`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
    expect(await readdir(folder)).toEqual([])
  }))

test('two demos have two secrets, two passwords and two keys', () =>
  withFolder(async (folder) => {
    const [first, second] = await Promise.all([
      startServer(grantd, { folder }),
      startServer(grantd, { folder }),
    ])
    const secretOf = (server: typeof first) => /gds_\w{49}/.exec(server.output())?.[0]
    expect(secretOf(first)).not.toBe(secretOf(second))
    const passwordOf = (server: typeof first) =>
      /The password, shown this once: (\S+)/.exec(server.output())?.[1]
    expect(passwordOf(first)).not.toBe(passwordOf(second))
    const jwks = (server: typeof first) =>
      fetch(`${server.url}/api/v1/tenant/test-tenant/.well-known/jwks.json`).then((answer) => answer.text())
    expect(await jwks(first)).not.toBe(await jwks(second))
    await Promise.all([first.stop(), second.stop()])
  }))

test('a configuration that is named and missing is a fault, not a demo', () =>
  withFolder(async (folder) => {
    const { code, out } = await run(grantd, { folder, env: { GRANTD_CONFIG: '/nowhere/config.yaml' } })
    expect([code, out]).toEqual([78, ''])
  }))
