import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { programs, run, startServer, withFolder } from '../support/spawn-server.ts'

const grantd = programs.executable

test('in an empty folder it serves a demo on loopback, keeps nothing, and the three printed commands work as printed', () =>
  withFolder(async (folder) => {
    const server = await startServer(grantd, { folder })
    const output = server.output()
    expect(output).toContain(`listens on http://127.0.0.1:${server.port}\n`)
    expect(output.match(/gds_\w{49}/g)?.length).toBeGreaterThan(0)
    const commands = [...output.matchAll(/^ {3}(\S.*)$/gm)].map(([, command = '']) => command)
    expect(commands).toHaveLength(3)
    const [token, resource, page] = await Promise.all(
      commands.map((command) => run(['sh', '-c', command], { folder })),
    )
    expect(JSON.parse(token?.out ?? '')).toMatchObject({ token_type: 'Bearer', scope: 'api:read api:write' })
    expect(JSON.parse(resource?.out ?? '')).toMatchObject({
      tenant_id: 'test-tenant',
      client_id: 'demo-client',
    })
    expect(page).toMatchObject({ code: 0 })
    expect(commands[2]).toContain(`${server.url}/swagger`)
    expect((await fetch(`${server.url}/swagger`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
    expect(await readdir(folder)).toEqual([])
  }))

test('two demos have two secrets and two keys', () =>
  withFolder(async (folder) => {
    const [first, second] = await Promise.all([
      startServer(grantd, { folder }),
      startServer(grantd, { folder }),
    ])
    const secretOf = (server: typeof first) => /gds_\w{49}/.exec(server.output())?.[0]
    expect(secretOf(first)).not.toBe(secretOf(second))
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
