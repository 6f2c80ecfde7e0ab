import { expect, test } from 'bun:test'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

/** The warnings of a configuration, from their places on; `modes` are those of the files in its folder. */
function warningsOf(
  text: string,
  { modes = {}, contents = {} }: { modes?: Record<string, number>; contents?: Record<string, string> } = {},
): Promise<string[]> {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, text, { mode: 0o600 })
    for (const [name, content] of Object.entries(contents)) await writeFile(join(folder, name), content)
    for (const name of Object.keys(contents)) await chmod(join(folder, name), 0o600)
    for (const [name, mode] of Object.entries(modes)) await chmod(join(folder, name), mode)
    const { warnings } = await loadConfig(path, platform)
    return warnings.map((warning) => renderFault(warning).replaceAll(folder, ''))
  })
}

const clientWith = (secret: string) =>
  `tenants: { acme: { name: A, oauth2: {}, clients: { svc: { ${secret} } } } }\n`
const hashed = clientWith(`secret_hash: "sha256:${'a'.repeat(64)}"`)
const clear = clientWith('secret: own-secret-of-this-test-1')

test.each([
  ['hashes', hashed, 0o644],
  ['a secret that everybody knows', clientWith('secret: changeme'), 0o644],
  ['a secret, closed to others', clear, 0o640],
])('a file with %s is not told of as readable', async (_what, text, mode) => {
  const warnings = await warningsOf(text, { modes: { 'config.yaml': mode } })
  expect(warnings.filter((warning) => warning.includes('by others'))).toEqual([])
})

test('a file with a secret in clear that others may read is told of where the secret stands', async () => {
  expect(await warningsOf(clear, { modes: { 'config.yaml': 0o644 } })).toEqual([
    `/config.yaml:1:59: tenants.acme.clients.svc.secret is in a file that is readable by others (mode 0644), wanted 0600; run: chmod 0600 /config.yaml`,
  ])
  const [warning] = await warningsOf(`storage: postgres://u:pw@db.example/d\n${hashed}`, {
    modes: { 'config.yaml': 0o604 },
  })
  expect(warning).toStartWith(
    '/config.yaml:1:1: storage is in a file that is readable by others (mode 0604), wanted 0600',
  )
})

test('a file that others may write is told of, whatever is in it', async () => {
  const [warning] = await warningsOf(hashed, { modes: { 'config.yaml': 0o666 } })
  expect(warning).toContain(
    'this file is writable by others (mode 0666), wanted 0644; run: chmod 0644 /config.yaml',
  )
})

test.each([
  ['secret_file: s.txt', 'tenants.acme.clients.svc.secret_file'],
  ['secrets: [{ id: a, file: s.txt }]', 'tenants.acme.clients.svc.secrets[0].file'],
])('a secret out of a file that others may read (%s) is told of', async (secret, where) => {
  const contents = { 's.txt': 'a-secret-of-this-test-1\n' }
  expect(await warningsOf(clientWith(secret), { contents, modes: { 's.txt': 0o640 } })).toEqual([])
  const [warning, ...more] = await warningsOf(clientWith(secret), { contents, modes: { 's.txt': 0o644 } })
  expect(more).toEqual([])
  expect(warning).toContain(
    `${where} names the file s.txt, which is readable by others (mode 0644), wanted 0600; run: chmod 0600 /s.txt`,
  )
})

test('the password of Postgres in a file that others may read is told of, the certificate of its authority only where they may write', async () => {
  const text = `storage: postgres://u@db.example/d\npostgres: { password_file: pw, ca_file: ca }\n${hashed}`
  const contents = { pw: 'a-password', ca: '-----BEGIN CERTIFICATE-----' }
  const pick = (warnings: readonly string[]) =>
    warnings.map((text) => /postgres\.\w+ names.*others/.exec(text)?.[0])
  expect(pick(await warningsOf(text, { contents, modes: { pw: 0o644, ca: 0o644 } }))).toEqual([
    'postgres.password_file names the file pw, which is readable by others',
  ])
  expect(pick(await warningsOf(text, { contents, modes: { ca: 0o646 } }))).toEqual([
    'postgres.ca_file names the file ca, which is writable by others',
  ])
})

test('an included file without a tenant, and the folder of a pattern, are told of by their own names', async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, `include: [d/*.yaml, e/*.yaml]\n${hashed}`, { mode: 0o600 })
    for (const name of ['d', 'e']) await mkdir(join(folder, name), { mode: 0o755 })
    for (const name of ['d/a.yaml', 'e/b.yaml']) await writeFile(join(folder, name), 'tenants: {}\n')
    await chmod(join(folder, 'd/a.yaml'), 0o644)
    await chmod(join(folder, 'e/b.yaml'), 0o666)
    await chmod(join(folder, 'd'), 0o777)
    const warnings = async (files = platform.files) =>
      (await loadConfig(path, { ...platform, files })).warnings.map((warning) =>
        renderFault(warning).replaceAll(folder, ''),
      )
    const ofFile =
      '/config.yaml:1:1: the included file /e/b.yaml is writable by others (mode 0666), wanted 0644; run: chmod 0644 /e/b.yaml'
    expect(await warnings()).toEqual([
      '/config.yaml:1:1: the folder of included files /d is writable by others (mode 0777), wanted 0755; run: chmod 0755 /d',
      ofFile,
    ])
    // There the folder of a volume is open to all, and read-only.
    expect(await warnings({ ...platform.files, inKubernetes: true })).toEqual([
      expect.stringContaining('the included file /e/b.yaml'),
    ])
  })
})
