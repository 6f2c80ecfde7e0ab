import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { root } from '../docs/document.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const secret = 'a-secret-of-the-script'

test('examples/client-credentials.sh gets, uses, shows and verifies a token with curl, jq and openssl alone', () =>
  withFolder(async (folder) => {
    const client = `{ secret: ${secret}, scopes: [api:read, api:write], default_scopes: [api:read] }`
    const oauth2 = '{ audience: [my-api], scopes: { api:read: R, api:write: W } }'
    await writeConfig(
      folder,
      `tenants:\n  main: { name: Main, oauth2: ${oauth2}, clients: { my-service: ${client} } }\n`,
    )
    const server = await startServer(programs.executable, { folder })
    const { code, out, err } = await run(['sh', join(root, 'examples/client-credentials.sh')], {
      folder,
      env: { GRANTD_ISSUER_URL: `${server.url}/api/v1/tenant/main`, GRANTD_CLIENT_SECRET: secret },
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.split('\n')
    expect(lines[1]).toBe('expires in 3600 seconds, scope: api:read')
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ tenant_id: 'main', client_id: 'my-service' })
    expect(JSON.parse(lines[5] ?? '')).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(JSON.parse(lines[6] ?? '')).toMatchObject({ aud: ['my-api'], client_id: 'my-service' })
    expect(lines.slice(-2)).toEqual(['Verified OK', ''])
    expect(await server.stop()).toBe(0)
  }))
