import { expect, test } from 'bun:test'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const grantd = programs.executable
const yaml = `server: { host: 127.0.0.1, port: 0 }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [api] }
    oidc: {}
    signing: { algorithm: ES256 }
    clients: { app: { secret: own-secret-of-port-zero } }
`
const secret = { GRANTD_CLIENT_SECRET: 'own-secret-of-port-zero' }
const unknown = 'The port of the server is 0, which takes any free one, and no running server says which: '

test.each([
  ['alone', []],
  ['with workers', ['--workers', '2']],
])('a server %s says which port it took to the commands that ask it or name it', async (_, args) => {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(grantd, { folder, args })
    const ask = (words: string[]) => run(grantd, { folder, args: words, env: secret })
    await waitFor('the socket of the server', async () => (await ask(['healthcheck'])).code === 0)
    const token = await ask(['token', '--tenant', 'acme', '--client', 'app', '--json'])
    expect(token).toMatchObject({ code: 0, err: '' })
    const base = `http://localhost:${server.port}`
    const added = await ask(['user', 'add', '--tenant', 'acme', '--email', 'ada@example.com'])
    expect(added).toMatchObject({ code: 0, err: '' })
    expect(added.out).toContain(`  ${base}/api/v1/tenant/acme/`)
    expect((await ask(['tenant', 'show', '--tenant', 'acme'])).out).toContain(`issuer: ${base}/`)
    const { findings } = JSON.parse((await ask(['doctor', '--json'])).out)
    const stateOf = (name: string) =>
      findings.find(({ check }: { check: string }) => check === name)?.state as unknown
    expect(['server', 'issuers'].map(stateOf)).toEqual(['ok', 'ok'])
    expect(await server.stop()).toBe(0)
  })
})

test('without a server, commands say that the port is not known, and what to do', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const ask = (words: string[]) => run(grantd, { folder, args: words, env: secret })
    for (const words of [['healthcheck'], ['token', '--tenant', 'acme', '--client', 'app']])
      expect(await ask(words)).toEqual({
        code: 1,
        out: '',
        err: `grantd: ${unknown}name the server with --url URL\n`,
      })
    const { code, out } = await ask(['doctor'])
    expect(code).toBe(0)
    expect(out).toContain(unknown)
    const added = await ask(['user', 'add', '--tenant', 'acme', '--email', 'ada@example.com'])
    expect([added.code, added.err]).toEqual([
      0,
      `warning: ${unknown}issuers and links have port 0; name it with --port PORT\n`,
    ])
    const named = await ask([
      'user',
      'reset',
      '--tenant',
      'acme',
      '--email',
      'ada@example.com',
      '--port=4000',
    ])
    expect([named.err, named.out]).toEqual(['', expect.stringContaining('http://localhost:4000/')])
  }))
