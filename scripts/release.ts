import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import { compile } from './compile.ts'
import { type Lock, renderSbom } from './sbom.ts'

/** The platforms of a release, and what Bun calls them. */
const targets: Readonly<Record<string, string>> = {
  'linux-x64': 'bun-linux-x64',
  'linux-x64-baseline': 'bun-linux-x64-baseline',
  'linux-arm64': 'bun-linux-arm64',
  'linux-x64-musl': 'bun-linux-x64-musl',
  'darwin-arm64': 'bun-darwin-arm64',
  'darwin-x64': 'bun-darwin-x64',
  'windows-x64': 'bun-windows-x64',
}

const checksums = 'SHA256SUMS'

/**
 * Makes a release: `bun scripts/release.ts [--outdir dist/release]`. Every platform's executable, what is inside
 * (CycloneDX) and SHA256SUMS. Bun for the other platforms is brought from the npm registry at the first run.
 */
process.exit(await release())

async function release(): Promise<number> {
  const { values } = parseArgs({ options: { outdir: { type: 'string', default: 'dist/release' } } })
  if (Bun.version !== manifest.engines.bun) {
    console.error(`Cannot release with Bun ${Bun.version}, wanted ${manifest.engines.bun}`)
    return 1
  }
  await removeEarlier(values.outdir)
  const files = new Set<string>()
  const missing: string[] = []
  for (const platform of Object.keys(targets)) {
    const inside = await buildFor(platform, values.outdir)
    if (inside === undefined) missing.push(platform)
    for (const file of inside ?? []) files.add(file)
  }
  // A list of checksums without a platform would pass for a whole release.
  if (missing.length > 0) {
    console.error(`Cannot finish the release: there is no executable for ${missing.join(', ')}`)
    return 1
  }
  await writeSbom([...files], values.outdir)
  await writeChecksums(values.outdir)
  return 0
}

/** Removes an earlier release, so that nothing of it is taken for a part of this one. */
async function removeEarlier(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder))
    if (isOfRelease(name) || name === checksums) await rm(join(folder, name))
}

function isOfRelease(name: string): boolean {
  return name.startsWith(`${manifest.name}-`)
}

/** The files that are in the executable for a platform; undefined, with the reason told, when it cannot be built. */
async function buildFor(platform: string, outdir: string): Promise<readonly string[] | undefined> {
  const windows = platform.startsWith('windows')
  const name = `${manifest.name}-${manifest.version}-${platform}${windows ? '.exe' : ''}`
  try {
    const { files } = await compile({ outfile: join(outdir, name), target: targets[platform] })
    const { size } = Bun.file(join(outdir, name))
    console.log(`built ${name} (${(size / 1e6).toFixed(1)} MB)`)
    return files
  } catch (error) {
    console.error(`Cannot build for ${platform}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

async function writeSbom(files: readonly string[], outdir: string): Promise<void> {
  // bun.lock is JSON but for its trailing commas; Bun reads it as it reads its own configuration files.
  const { default: lock } = (await import('../bun.lock', { with: { type: 'jsonc' } })) as { default: Lock }
  const licenses = new Map<string, string>()
  for (const folder of new Set(files.flatMap(foldersOf))) {
    const { license } = await Bun.file(join(folder, 'package.json')).json()
    licenses.set(folder, typeof license === 'string' ? license : 'NOASSERTION')
  }
  const sbom = renderSbom({
    manifest,
    lock,
    bunVersion: Bun.version,
    files,
    licenseOf: (folder) => licenses.get(folder) ?? 'NOASSERTION',
  })
  const name = `${manifest.name}-${manifest.version}.cdx.json`
  await Bun.write(join(outdir, name), `${JSON.stringify(sbom, null, 2)}\n`)
  console.log(`wrote ${name} (${sbom.components.length} components)`)
}

/** The folder of the package that a file belongs to. */
function foldersOf(file: string): string[] {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.slice(0, 1) ?? []
}

/** The checksums of the release in a folder, as `sha256sum --check` reads them. */
async function writeChecksums(folder: string): Promise<void> {
  const lines: string[] = []
  for (const name of (await readdir(folder)).filter(isOfRelease).sort()) {
    const hash = new Bun.CryptoHasher('sha256')
    for await (const chunk of Bun.file(join(folder, name)).stream()) hash.update(chunk)
    lines.push(`${hash.digest('hex')}  ${name}\n`)
  }
  await Bun.write(join(folder, checksums), lines.join(''))
  console.log(`wrote ${checksums}`)
}
