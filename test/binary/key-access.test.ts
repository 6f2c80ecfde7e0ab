import { expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ecPair, pkcs8, putKeyFile } from '../support/signing.ts'
import { type Finished, programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const [grantd = ''] = programs.executable
const service = 65532
const stranger = 1000

/** Other users are real ones, and only root can be them. */
const asRoot = test.skipIf(process.getuid?.() !== 0)

const config = (file?: string) => `data_dir: ./data
tenants:
  acme: { name: A, oauth2: {}, signing: { algorithm: ES256${file ? `, private_key_file: ${file}` : ''} } }
  beta: { name: B, oauth2: {}, signing: { algorithm: ES256 } }
  gamma: { name: C, oauth2: {}, signing: { algorithm: ES256 } }
`

/** Runs grantd as the user and the group of a service, in a Pod. */
async function runAsService(folder: string, args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBERNETES_SERVICE_HOST: '10.96.0.1' }
  const child = spawn(grantd, [...args], { cwd: folder, env, uid: service, gid: service })
  const texts = { out: '', err: '' }
  const collect = (name: 'out' | 'err') => (chunk: Buffer) => {
    texts[name] += chunk
  }
  child.stdout.on('data', collect('out'))
  child.stderr.on('data', collect('err'))
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)))
  return { code, ...texts }
}

/** A folder of the service, with a key of the operator at `mount/tls.key`. */
function withService(
  key: { owner: number; group: number; mode: number },
  work: (folder: string, path: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    await writeConfig(folder, config('mount/tls.key'))
    // Whatever the umask of who runs this.
    await chmod(join(folder, 'config.yaml'), 0o644)
    await chown(folder, service, service)
    const path = await putKeyFile(join(folder, 'mount/tls.key'), pkcs8(ecPair().privateKey), key.mode)
    await chmod(join(folder, 'mount'), 0o755)
    await chown(path, key.owner, key.group)
    await work(folder, path)
  })
}

asRoot('a key of the service, or of root and readable by the group of the service, is taken', async () => {
  for (const [key, warnings] of [
    [{ owner: service, group: service, mode: 0o600 }, '0 warnings'],
    [{ owner: 0, group: service, mode: 0o440 }, '1 warning'],
  ] as const)
    await withService(key, async (folder, path) => {
      const { code, out, err } = await runAsService(folder, ['check'])
      expect({ code, out }).toEqual({ code: 0, out: `ok: config.yaml: 3 tenants, 0 clients, ${warnings}\n` })
      if (key.owner === 0)
        expect(err).toContain(`${path} is readable by its group (mode 0440); see that nobody`)
    })
})

asRoot('a key of another user is refused, though the service may read it', () =>
  withService({ owner: stranger, group: service, mode: 0o640 }, async (folder, path) => {
    const { code, err } = await runAsService(folder, ['check'])
    expect(code).toBe(78)
    expect(err).toContain(
      `${path} belongs to the user 1000, wanted 65532, which is that of grantd, or root; run: chown 65532 ${path}; in Kubernetes set runAsUser: 1000, or mount it anew`,
    )
  }),
)

asRoot('a key that the service may not read is refused with what to set in Kubernetes', () =>
  withService({ owner: 0, group: 0, mode: 0o400 }, async (folder, path) => {
    const { code, err } = await runAsService(folder, ['check'])
    expect(code).toBe(78)
    expect(err).toContain(
      `Cannot read ${path}: EACCES; give its Secret volume defaultMode: 0440 and the Pod an fsGroup, or set runAsUser to its owner`,
    )
  }),
)

asRoot('root looks after the keys of the service', () =>
  withService({ owner: service, group: service, mode: 0o600 }, async (folder) => {
    const made = await runAsService(folder, ['keys', 'generate'])
    expect(made).toMatchObject({ code: 0, err: '' })
    const server = await startServer(programs.executable, { folder })
    expect(server.output()).not.toContain('"level":"warn"')
    expect(await server.stop()).toBe(0)
    expect((await stat(join(folder, 'data/grantd.db'))).uid).toBe(service)
  }),
)

/** What the kubelet does to a volume at each mount: files and folders become the group's, who may write them. */
async function applyFsGroup(folder: string): Promise<void> {
  await chmod(folder, 0o2770)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await applyFsGroup(path)
    else await chmod(path, 0o660)
  }
}

test('a volume of Kubernetes with an fsGroup is taken at the second start, with one warning for all keys', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, config())
    await mkdir(join(folder, 'data'))
    const first = await startServer(programs.executable, { folder, args: ['serve', '--workers', '1'] })
    expect(first.output()).not.toContain('"level":"warn"')
    expect(await first.stop()).toBe(0)
    await applyFsGroup(join(folder, 'data'))
    for (const args of [['serve'], ['serve', '--workers', '2']]) {
      const second = await startServer(programs.executable, { folder, args })
      expect((await fetch(`${second.url}/api/v1/tenant/beta/.well-known/jwks.json`)).status).toBe(200)
      expect(await second.stop()).toBe(0)
      const warnings = second
        .output()
        .split('\n')
        .filter((line) => line.includes('"level":"warn"'))
        .map((line) => JSON.parse(line))
      expect(warnings).toMatchObject([
        {
          message: 'a private key is open to its group, and others may be',
          file: expect.stringMatching(/\/data\/keys\/\w+\/[\w-]+\.pem$/),
          reason: expect.stringContaining('is writable by its group (mode 0660); see that nobody but grantd'),
        },
      ])
    }
  }))

test('a database that others may read is told of, and used, and so are folders that they may write to', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, config())
    const first = await startServer(programs.executable, { folder })
    expect(await first.stop()).toBe(0)
    const path = join(folder, 'data/grantd.db')
    await chmod(path, 0o644)
    await chmod(join(folder, 'data'), 0o777)
    await chmod(join(folder, 'data/keys'), 0o777)
    const second = await startServer(programs.executable, { folder })
    expect(await second.stop()).toBe(0)
    const said = second
      .output()
      .split('\n')
      .filter((line) => line.includes('the database is open to other users'))
    expect(said.map((line) => JSON.parse(line).file)).toEqual([
      join(folder, 'data'),
      join(folder, 'data/keys'),
      path,
    ])
    expect(said[2]).toContain(`is readable by others (mode 0644), wanted 0600; run: chmod 0600 ${path}"`)
  }))
