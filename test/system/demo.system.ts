import { expect, test } from 'bun:test'
import { programs, run, startServer, withFolder } from '../support/spawn-server.ts'

test('the four commands that the demo prints work as printed, each in a shell of its own', () =>
  withFolder(async (folder) => {
    const server = await startServer(programs.executable, { folder })
    const commands = [...server.output().matchAll(/^ {3}(\S.*)$/gm)].map(([, command = '']) => command)
    expect(commands).toHaveLength(4)
    const [app, token, resource, page] = await Promise.all(
      commands.map((command) => run(['sh', '-c', command], { folder })),
    )
    expect(JSON.parse(token?.out ?? '')).toMatchObject({ token_type: 'Bearer', scope: 'api:read api:write' })
    expect(JSON.parse(resource?.out ?? '')).toMatchObject({
      tenant_id: 'test-tenant',
      client_id: 'demo-client',
    })
    expect([app, page]).toMatchObject([{ code: 0 }, { code: 0 }])
    expect(commands[0]).toContain(`${server.url}/api/v1/tenant/test-tenant/try`)
    expect(commands[3]).toContain(`${server.url}/swagger`)
    expect(await server.stop()).toBe(0)
  }))
