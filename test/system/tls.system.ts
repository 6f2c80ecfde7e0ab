import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certified, createAuthority } from '../support/certificates.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const grantd = programs.executable
const authority = createAuthority('Test CA')
const [first, second] = ['first', 'second'].map((name) =>
  authority.certify(name, 'localhost', '127.0.0.1'),
) as [Certified, Certified]
const secret = 'own-secret-of-the-tls-test-0123456789'
const config = (server = '') => `
server: { port: 0, tls: { cert_file: tls.crt, key_file: tls.key, redirect_port: 0 }, ${server} }
storage: memory
tenants: { acme: { name: A, signing: { algorithm: ES256 }, oauth2: {}, clients: { svc: { secret: ${secret} } } } }
`

async function writePair(folder: string, { certificate, key }: Certified): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), certificate)
  await writeFile(join(folder, 'tls.key'), key, { mode: 0o600 })
}

/** What openssl says of a connection; with `input`, after it sent that. */
async function openssl(port: number, args: readonly string[], input = ''): Promise<string> {
  const command = [
    'openssl',
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-servername',
    'localhost',
    ...args,
  ]
  const child = Bun.spawn(command, { stdin: new TextEncoder().encode(input), stdout: 'pipe', stderr: 'pipe' })
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()]
  return (await Promise.all(texts)).join('\n')
}

const handshakes: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
  ['TLS 1.3', ['-tls1_3'], /New, TLSv1\.3, Cipher is TLS_/],
  ['TLS 1.2 with forward secrecy', ['-tls1_2'], /New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/],
  ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], /Cipher is \(NONE\)/],
  ['CBC', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA'], /Cipher is \(NONE\)/],
  ['a key exchange by RSA', ['-tls1_2', '-cipher', 'kRSA'], /Cipher is \(NONE\)/],
  ['h2 and http/1.1', ['-alpn', 'h2,http/1.1'], /No ALPN negotiated|ALPN protocol: http\/1\.1/],
]

test('the executable speaks TLS 1.2 and 1.3, redirects plain http, serves its own commands, and takes a new certificate', () =>
  withFolder(async (folder) => {
    await writePair(folder, first)
    await writeFile(join(folder, 'ca.pem'), authority.certificate)
    await writeConfig(folder, config())
    const server = await startServer(grantd, { folder, args: ['serve'] })
    for (const [what, args, said] of handshakes)
      expect([what, await openssl(server.port, args)]).toEqual([what, expect.stringMatching(said)])

    const env = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), GRANTD_PORT: String(server.port) }
    const healthy = await run(grantd, {
      folder,
      args: ['healthcheck'],
      env: { GRANTD_PORT: env.GRANTD_PORT },
    })
    expect(healthy).toMatchObject({ code: 0, out: 'ok\n' })
    const ask = ['token', '--tenant', 'acme', '--client', 'svc', '--url', server.url]
    const token = await run(grantd, { folder, args: ask, env, stdin: secret })
    expect(token.err).toBe('')
    expect(token.out).toMatch(/^ey/)
    const distrustful = await run(grantd, { folder, args: ask, stdin: secret })
    expect(distrustful.err).toContain('nobody whom this machine trusts vouches for its certificate')

    const redirect = Number(/"plain http is sent on to https","port":(\d+)/.exec(server.output())?.[1])
    const sentOn = await fetch(`http://127.0.0.1:${redirect}/health?a=b`, { redirect: 'manual' })
    expect(sentOn.headers.get('location')).toBe(`${server.url}/health?a=b`)

    await writePair(folder, second)
    const subject = async () => /subject=CN = (\w+)/.exec(await openssl(server.port, []))?.[1]
    await waitFor('the new certificate is shown', async () => (await subject()) === 'second')
    expect(await server.stop()).toBe(0)
    expect(server.output()).toContain('the certificate was replaced')
  }))

test('answers tell browsers to stay with https, unless public_url is of this machine', () =>
  withFolder(async (folder) => {
    await writePair(folder, first)
    await writeConfig(folder, config('public_url: https://auth.example.com'))
    const server = await startServer(grantd, { folder, args: ['serve', '--workers', '1'] })
    const answer = await fetch(`${server.url}/health`, { tls: { ca: authority.certificate } })
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
    expect(await server.stop()).toBe(0)
  }))

test('a pair that does not fit ends the start with its place', () =>
  withFolder(async (folder) => {
    await writePair(folder, { certificate: first.certificate, key: second.key })
    await writeConfig(folder, config())
    const { code, err } = await run(grantd, { folder, args: ['serve'] })
    expect([code, err]).toEqual([
      78,
      expect.stringContaining('which is not the key of the certificate in cert_file'),
    ])
  }))
