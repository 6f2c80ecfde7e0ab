import { join } from 'node:path'
import { askRegistry, findAdvised } from './advisories.ts'
import known from './known-advisories.json' with { type: 'json' }
import { findLeaks } from './leaks.ts'
import { countLicenses, findUnlicensed, type LicensedPackage } from './licenses.ts'
import { readLock } from './lock.ts'

/**
 * Checks what is brought in and what is given away: known faults of the packages in bun.lock, their licenses, and secrets in the files of
 * the repository. Exits with 1 and a line for each finding.
 */

const root = join(import.meta.dir, '../..')

/** Keys that tests open, made for that and used nowhere else. */
const keysOfTests = /^test\/fixtures\//

async function checkAdvisories(): Promise<{ findings: string[]; told: string }> {
  const locked = readLock(await Bun.file(join(root, 'bun.lock')).text())
  const told = await askRegistry(root)
  const source = told
    ? 'the registry'
    : `${known.length} advisories of scripts/audit (the registry gives none)`
  return {
    findings: findAdvised(locked, [...known, ...(told ?? [])]),
    told: `${locked.length} packages against ${source}`,
  }
}

async function checkLicenses(): Promise<{ findings: string[]; told: string }> {
  const packages = await readInstalled()
  return { findings: findUnlicensed(packages), told: countLicenses(packages) }
}

/** The packages in node_modules. Those that a dependency of the product needs are no tools. */
async function readInstalled(): Promise<LicensedPackage[]> {
  const { dependencies } = (await Bun.file(join(root, 'package.json')).json()) as Manifest
  const manifests = new Map<string, Manifest>()
  for (const pattern of ['node_modules/*/package.json', 'node_modules/@*/*/package.json']) {
    for await (const file of new Bun.Glob(pattern).scan(root)) {
      const manifest = (await Bun.file(join(root, file)).json()) as Manifest
      manifests.set(manifest.name, manifest)
    }
  }
  const inside = new Set<string>()
  const enter = (name: string) => {
    const manifest = manifests.get(name)
    if (!manifest || inside.has(name)) return
    inside.add(name)
    for (const each of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) enter(each)
  }
  for (const name of Object.keys(dependencies ?? {})) enter(name)
  return [...manifests.values()].map(({ name, license }) => ({
    name,
    license: license ?? 'none',
    isTool: !inside.has(name),
  }))
}

interface Manifest {
  readonly name: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function checkLeaks(): Promise<{ findings: string[]; told: string }> {
  const listed = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  if (!listed.success) return { findings: [], told: 'no git here: files were not searched for secrets' }
  const files = listed.stdout
    .toString()
    .split('\0')
    .filter((file) => file !== '' && !keysOfTests.test(file))
  const found = await Promise.all(
    files.map(async (file) => {
      const opened = Bun.file(join(root, file))
      return (await opened.exists()) ? findLeaks(file, await opened.text()) : []
    }),
  )
  return { findings: found.flat(), told: `${files.length} files searched for secrets` }
}

const checks = await Promise.all([checkAdvisories(), checkLicenses(), checkLeaks()])
for (const { told } of checks) console.log(told)
const findings = checks.flatMap((each) => each.findings)
for (const finding of findings) console.error(finding)
process.exit(findings.length === 0 ? 0 : 1)
