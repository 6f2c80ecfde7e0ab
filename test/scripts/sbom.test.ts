import { expect, test } from 'bun:test'
import { type Lock, renderSbom } from '../../scripts/sbom.ts'

const integrity = `sha512-${Buffer.alloc(64, 1).toString('base64')}`
const lock: Lock = {
  packages: {
    web: [
      'web@1.0.0',
      '',
      { dependencies: { '@a/types': '^1.0.0', gone: '1' }, peerDependencies: { tiny: '*' } },
      integrity,
    ],
    'web/@a/types': ['@a/types@1.2.3', '', {}, integrity],
    '@a/types': ['@a/types@2.0.0', '', {}, integrity],
    tiny: ['tiny@0.1.0', '', {}, integrity],
    unused: ['unused@9.9.9', '', {}, integrity],
  },
}
const files = [
  'src/main.ts',
  'node_modules/web/index.js',
  'node_modules/web/lib/more.js',
  'node_modules/web/node_modules/@a/types/index.js',
  'node_modules/tiny/index.js',
]
const licenses: Readonly<Record<string, string>> = {
  'node_modules/web': 'MIT',
  'node_modules/web/node_modules/@a/types': '(MIT OR Apache-2.0)',
  'node_modules/tiny': 'ISC',
}

function render(given = files) {
  return renderSbom({
    manifest: {
      name: 'own',
      version: '3.0.0',
      license: 'Apache-2.0',
      dependencies: { web: '1.0.0', unused: '9' },
    },
    lock,
    bunVersion: '1.4.5',
    files: given,
    licenseOf: (folder) => licenses[folder] ?? 'none',
  })
}

test('the members that CycloneDX requires are there, and nothing that differs from run to run', () => {
  const sbom = render()
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
  expect(sbom.metadata.component).toMatchObject({ type: 'application', name: 'own', version: '3.0.0' })
  expect(JSON.stringify(sbom)).not.toMatch(/serialNumber|timestamp/)
  expect(JSON.stringify(render([...files].reverse()))).toBe(JSON.stringify(sbom))
})

test('each package with a file in the executable is a component, with the version of its own copy, license and hash', () => {
  const [types, tiny, web, bun] = [2, 0, 1, 3].map((index) => render().components[index])
  expect(render().components).toHaveLength(4)
  const hashes = [{ alg: 'SHA-512', content: '01'.repeat(64) }]
  expect(types).toEqual({
    type: 'library',
    'bom-ref': 'pkg:npm/%40a/types@1.2.3',
    name: '@a/types',
    version: '1.2.3',
    licenses: [{ expression: '(MIT OR Apache-2.0)' }],
    purl: 'pkg:npm/%40a/types@1.2.3',
    hashes,
  })
  expect(tiny).toMatchObject({
    name: 'tiny',
    version: '0.1.0',
    licenses: [{ license: { id: 'ISC' } }],
    hashes,
  })
  expect(web).toMatchObject({ name: 'web', version: '1.0.0', licenses: [{ license: { id: 'MIT' } }], hashes })
  expect(bun).toMatchObject({ type: 'platform', name: 'bun', version: '1.4.5', purl: 'pkg:npm/bun@1.4.5' })
})

test('dependencies name only what is inside', () => {
  expect(render().dependencies).toEqual([
    { ref: 'own@3.0.0', dependsOn: ['pkg:npm/web@1.0.0', 'pkg:npm/bun@1.4.5'] },
    { ref: 'pkg:npm/tiny@0.1.0', dependsOn: [] },
    { ref: 'pkg:npm/web@1.0.0', dependsOn: ['pkg:npm/%40a/types@1.2.3', 'pkg:npm/tiny@0.1.0'] },
    { ref: 'pkg:npm/%40a/types@1.2.3', dependsOn: [] },
    { ref: 'pkg:npm/bun@1.4.5', dependsOn: [] },
  ])
})

test('a package that bun.lock does not know is refused by name', () => {
  expect(() => render(['node_modules/stranger/index.js'])).toThrow(
    "Cannot describe 'stranger': it is in the executable, but bun.lock does not know it",
  )
})
