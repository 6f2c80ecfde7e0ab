/** A package in bun.lock: its `name@version`, where it is from, what it needs, and its hash. */
type LockedPackage = readonly [id: string, origin: string, needs: Needs, integrity: string]

interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** What an SBOM says of bun.lock. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
}

export interface SbomInput {
  readonly manifest: Manifest
  readonly lock: Lock
  readonly bunVersion: string
  /** The files in the executable, as paths from the root of the project. */
  readonly files: readonly string[]
  /** The license that the package in a folder of node_modules names. */
  readonly licenseOf: (folder: string) => string
}

interface Found {
  readonly key: string
  readonly name: string
  readonly version: string
  readonly needs: Needs
  readonly integrity: string
}

/**
 * What is inside the executable, as a CycloneDX 1.6 document: the packages that its files come from, and Bun.
 * It names no time and no random number, so that equal executables have equal documents.
 */
export function renderSbom({ manifest, lock, bunVersion, files, licenseOf }: SbomInput) {
  const found = findPackages(files, lock)
  const refs = new Map(found.map((each) => [each.key, packageUrl(each.name, each.version)]))
  const own = `${manifest.name}@${manifest.version}`
  const bun = renderBun(bunVersion)
  const direct = Object.keys(manifest.dependencies).map((name) => refs.get(name))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name: manifest.name,
        version: manifest.version,
        licenses: [renderLicense(manifest.license)],
      },
    },
    components: [
      ...found.map((each) => ({
        type: 'library',
        'bom-ref': packageUrl(each.name, each.version),
        name: each.name,
        version: each.version,
        licenses: [renderLicense(licenseOf(folderOf(each.key, lock)))],
        purl: packageUrl(each.name, each.version),
        hashes: [renderHash(each.integrity)],
      })),
      bun,
    ],
    dependencies: [
      { ref: own, dependsOn: [...direct.filter((ref) => ref !== undefined), bun['bom-ref']] },
      ...found.map((each) => ({
        ref: packageUrl(each.name, each.version),
        dependsOn: findNeeded(each, refs),
      })),
      { ref: bun['bom-ref'], dependsOn: [] },
    ],
  }
}

function renderBun(version: string) {
  const ref = packageUrl('bun', version)
  return {
    type: 'platform',
    'bom-ref': ref,
    name: 'bun',
    version,
    description: 'The runtime, in the executable as a whole; it links JavaScriptCore (LGPL-2.0-or-later)',
    licenses: [renderLicense('MIT')],
    purl: ref,
  }
}

/** The packages that files come from, by name; throws for a package that bun.lock does not know. */
function findPackages(files: readonly string[], lock: Lock): Found[] {
  const keys = new Set(files.map(keyOf).filter((key) => key !== undefined))
  return [...keys].sort().map((key) => {
    const [id, , needs, integrity] = lock.packages[key] ?? []
    if (id === undefined || needs === undefined || integrity === undefined)
      throw new Error(`Cannot describe '${key}': it is in the executable, but bun.lock does not know it`)
    const at = id.lastIndexOf('@')
    return { key, name: id.slice(0, at), version: id.slice(at + 1), needs, integrity }
  })
}

const packageFolder = /node_modules\/((?:@[^/]+\/)?[^/]+)/g

/** `node_modules/a/node_modules/@b/c/d.js` is a file of what bun.lock calls `a/@b/c`. */
function keyOf(file: string): string | undefined {
  const names = [...file.matchAll(packageFolder)].map(([, name]) => name)
  return names.length === 0 ? undefined : names.join('/')
}

/** The folder of what bun.lock calls `a/@b/c`. */
function folderOf(key: string, lock: Lock): string {
  const id = lock.packages[key]?.[0] ?? key
  const name = id.slice(0, id.lastIndexOf('@'))
  const outer = key.slice(0, -name.length).replace(/\/$/, '')
  return `${outer === '' ? '' : `${folderOf(outer, lock)}/`}node_modules/${name}`
}

/** What a package needs and is inside too: its own copy, else the one that all share. */
function findNeeded({ key, needs }: Found, refs: ReadonlyMap<string, string>): string[] {
  const names = Object.keys({ ...needs.dependencies, ...needs.peerDependencies }).sort()
  return names.map((name) => refs.get(`${key}/${name}`) ?? refs.get(name)).filter((ref) => ref !== undefined)
}

function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function renderLicense(license: string) {
  return /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }
}

/** From `sha512-<base64>` to what CycloneDX wants. */
function renderHash(integrity: string): { alg: string; content: string } {
  const [algorithm, base64] = integrity.split(/-(.*)/)
  if (algorithm !== 'sha512' || !base64)
    throw new Error(`Cannot read the integrity '${integrity}', wanted sha512-<base64>`)
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }
}
