import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { run, startServer, withFolder } from '../support/spawn-server.ts'

const root = resolve(import.meta.dir, '../..')
const outdirs = ['first', 'second'] as const

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-release-'))
  for (const outdir of outdirs) {
    const child = Bun.spawn([process.execPath, 'scripts/release.ts', '--outdir', join(folder, outdir)], {
      cwd: root,
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const errors = await new Response(child.stderr).text()
    if ((await child.exited) !== 0) throw new Error(errors)
  }
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const platforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-x64',
  'linux-x64-baseline',
  'linux-x64-musl',
  'windows-x64.exe',
]

test('a release has the executables of all platforms, what is inside, and the checksums of both', async () => {
  const names = [
    ...platforms.map((platform) => `grantd-${manifest.version}-${platform}`),
    `grantd-${manifest.version}.cdx.json`,
  ]
  expect((await readdir(join(folder, 'first'))).sort()).toEqual(['SHA256SUMS', ...names.sort()])
  const sums = (await Bun.file(join(folder, 'first/SHA256SUMS')).text()).trimEnd().split('\n')
  expect(sums.map((line) => line.replace(/^[0-9a-f]{64} {2}/, ''))).toEqual(names.sort())
  const checked = await run(['sha256sum'], {
    folder: join(folder, 'first'),
    args: ['--check', '--quiet', 'SHA256SUMS'],
  })
  expect(checked).toEqual({ code: 0, out: '', err: '' })
})

test('a release made twice has the same bytes', async () => {
  const [first, second] = await Promise.all(
    outdirs.map((outdir) => Bun.file(join(folder, outdir, 'SHA256SUMS')).text()),
  )
  expect(second).toBe(first ?? '')
})

test('the list of what is inside has every direct dependency, with a license and a hash', async () => {
  const sbom = await Bun.file(join(folder, 'first', `grantd-${manifest.version}.cdx.json`)).json()
  const versions = Object.fromEntries(
    sbom.components.map(({ name, version }: Record<string, string>) => [name, version]),
  )
  expect(versions).toMatchObject({ ...manifest.dependencies, bun: manifest.engines.bun })
  for (const component of sbom.components) {
    expect(component.licenses[0]).not.toEqual({ license: { id: 'NOASSERTION' } })
    if (component.name !== 'bun') expect(component.hashes[0].content).toMatch(/^[0-9a-f]{128}$/)
  }
})

/** What runs on a Linux machine of this kind. */
const runnable = process.arch === 'x64' ? ['linux-x64', 'linux-x64-baseline'] : ['linux-arm64']

test.each(runnable)('the executable for %s serves', async (platform) => {
  await withFolder(async (work) => {
    const program = [join(folder, 'first', `grantd-${manifest.version}-${platform}`)]
    expect((await run(program, { folder: work, args: ['--version'] })).out).toStartWith(
      `grantd ${manifest.version} (`,
    )
    const server = await startServer(program, { folder: work })
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })
})
