import { expect, test } from 'bun:test'
import { findBlocks, readDocument, wordOf } from '../docs/document.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const secret = 'a-secret-of-haproxy-1'
const grantd = programs.executable
const tenant = (name: string, audience: string, more = '') =>
  `  ${name}: { name: T, oauth2: { audience: ${audience} }, clients: { app: { secret: ${secret}${more} } } }\n`

test('the configuration of docs/verifying-tokens.md lets good tokens through HAProxy, and no other', () =>
  withFolder(async (folder) => {
    const tenants = [
      tenant('main', '[my-api]'),
      tenant('listed', '[my-api, other]'),
      tenant('other', '[my-api]'),
      tenant('elsewhere', '[my-api-2]'),
      tenant('short', '[my-api]', ', access_token_ttl: 1s'),
    ]
    await writeConfig(folder, `tenants:\n${tenants.join('')}`)
    const server = await startServer(grantd, { folder })
    const api = Bun.serve({ port: 0, fetch: (request) => new Response(request.headers.get('x-client-id')) })
    const block = findBlocks(await readDocument('docs/verifying-tokens.md')).find(
      (candidate) => wordOf(candidate, 'file') === 'haproxy.cfg',
    )
    const tokenOf = async (id: string) => {
      const args = ['token', '--url', server.url, '--tenant', id, '--client', 'app']
      return (await run(grantd, { folder, args, stdin: secret })).out.trim()
    }
    /** The status that HAProxy answers, set up for the tenant `id`, and what the API was told. */
    const ask = async (id: string, token: string) => {
      const pem = (await run(grantd, { folder, args: ['keys', 'export', '--pem', '--tenant', id] })).out
      await Bun.write(`${folder}/main.pem`, pem)
      const probe = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
      const port = probe.port ?? 0
      await probe.stop(true)
      const text = (block?.text ?? '')
        .replaceAll('/etc/haproxy/main.pem', `${folder}/main.pem`)
        .replace('127.0.0.1:8443', `127.0.0.1:${port}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${api.port}`)
        .replace('http://localhost:3000/api/v1/tenant/main', `${server.url}/api/v1/tenant/${id}`)
      await Bun.write(`${folder}/haproxy.cfg`, text)
      // As it is printed: without `mode http` in it HAProxy would start, warn, and let everybody in.
      const check = Bun.spawn(['haproxy', '-c', '-f', `${folder}/haproxy.cfg`], { stderr: 'pipe' })
      expect([await new Response(check.stderr).text(), await check.exited]).toEqual(['', 0])
      const haproxy = Bun.spawn(['haproxy', '-db', '-f', `${folder}/haproxy.cfg`], { stderr: 'ignore' })
      try {
        const headers = { Authorization: `Bearer ${token}` }
        const ask = () => fetch(`http://127.0.0.1:${port}/`, { headers }).catch(() => undefined)
        const answer = await waitFor('HAProxy answers', ask)
        return [answer.status, answer.status === 200 ? await answer.text() : '']
      } finally {
        haproxy.kill()
        await haproxy.exited
      }
    }
    const [main, short] = [await tokenOf('main'), await tokenOf('short')]
    expect(await ask('main', main)).toEqual([200, 'app'])
    expect(await ask('listed', await tokenOf('listed'))).toEqual([200, 'app'])
    for (const token of [await tokenOf('other'), `${main.slice(0, -8)}AAAAAAAA`, 'nonsense', ''])
      expect(await ask('main', token)).toEqual([401, ''])
    expect(await ask('elsewhere', await tokenOf('elsewhere'))).toEqual([401, ''])
    const exp = JSON.parse(atob(short.split('.')[1] ?? '')).exp
    await waitFor('the token has expired', () => Date.now() > (exp + 1) * 1000)
    expect(await ask('short', short)).toEqual([401, ''])
    await api.stop(true)
    expect(await server.stop()).toBe(0)
  }))
