import { expect, test } from 'bun:test'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const yaml = `
server: { host: 192.0.2.1 }
tenants:
  main:
    name: Main
    oauth2: {}
    oidc: {}
    signing: { algorithm: ES256 }
    clients:
      app: { token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: ['http://localhost/api/v1/tenant/main/try'] }
`

test.each([[[]], [['--workers', '1']]])(
  'the try page depends on the address that is listened on, which GRANTD_HOST chooses, with %j',
  (args) =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      const env = { GRANTD_HOST: '127.0.0.1' }
      const server = await startServer(programs.executable, { folder, env, args })
      expect((await fetch(`${server.url}/api/v1/tenant/main/try`)).status).toBe(200)
      expect(server.output()).toContain('/api/v1/tenant/main/try')
      expect(await server.stop()).toBe(0)
    }),
)
