import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Glob } from 'bun'
import biome from '../biome.json' with { type: 'json' }

const src = resolve(import.meta.dir, '../src')

/** What a room needs to keep something: the interface and the shapes of its rows, and never a certain store. */
const storage = [
  'storage/storage.ts',
  'storage/kind.ts',
  'storage/unique-index.ts',
  'storage/compare-and-swap.ts',
  'storage/walk-rows.ts',
  'storage/unchecked.ts',
  'storage/last-use.ts',
] as const

/** The row of a tenant: who does something for every stored tenant lists them. */
const tenantRow = 'tenants/tenant-row.ts'

/** Who writes a row of a stored tenant asks whether the tenant is there. */
const tenantLock = 'tenants/lock-tenant.ts'

/** The port to the runtime: types and a few error classes, by subject. */
const port = [
  'platform/platform.ts',
  'platform/files.ts',
  'platform/local-sockets.ts',
  'platform/hashing.ts',
  'platform/network.ts',
  'platform/connections.ts',
  'platform/outbound.ts',
  'platform/processes.ts',
  'platform/certificates.ts',
  'platform/signing.ts',
  'platform/sqlite-connection.ts',
  'platform/openssl/openssl-port.ts',
] as const

/** Speed tricks of the runtime, one file each. */
const tricks = ['platform/eager-compilation.ts', 'platform/release-memory.ts'] as const

/** The settings of config.yaml as types, and the rules that the admin API shares with the file. */
const settings = [
  'config/client-schema.ts',
  'config/tenant-schema.ts',
  'config/oidc-schema.ts',
  'config/user-schema.ts',
  'config/fill-settings.ts',
  'config/plain-schema.ts',
  'config/row-schema.ts',
  'config/settings.ts',
] as const

/**
 * What each room may import: rooms by name, single files by path. The rooms are in the order of the story that
 * ARCHITECTURE.md tells; files directly in src/ are rooms of their own.
 */
const arrows: Record<string, readonly string[]> = {
  main: ['commands', 'platform', 'log'],
  commands: [
    'doctor',
    'backup',
    'import',
    'sessions',
    'refusals',
    'app',
    'server',
    'offline',
    'cli',
    'management',
    'build-info',
    'log',
    'printable',
    'config',
    'platform',
    'storage',
    'supervisor',
    'audit',
    'tokens',
    'clients',
    'tenants',
    'users',
    'secrets',
    'keys',
    'limits',
    'protocol',
  ],
  server: [
    'connections',
    'async',
    'logout/backchannel-logout.ts',
    'refusals/refusal-book.ts',
    'app',
    'pages/frame/logo.ts',
    'pages/status/status-page.ts',
    'pages/status/status-style.ts',
    'pages/status/status-view.ts',
    'async/in-time.ts',
    'cli',
    'deps',
    'build-info',
    'log',
    'exposure',
    'config',
    'platform',
    'storage',
    'maintenance',
    'metrics',
    'tracing',
    'supervisor',
    'audit',
    'http',
    'tokens',
    'clients',
    'tenants',
    'users',
    'secrets',
    'keys',
    'limits',
    'protocol',
  ],
  // Looks at everything, from outside of it.
  doctor: [
    'offline',
    'server',
    'cli',
    'build-info',
    'printable',
    'config',
    'connections/connection-limits.ts',
    'refusals/refusal-book.ts',
    'platform',
    'storage',
    'tenants',
    'keys/key-report.ts',
    'protocol',
  ],
  offline: [
    'logout/backchannel-logout.ts',
    'server',
    'cli',
    'deps',
    'management',
    'log',
    'printable',
    'exposure',
    'config',
    'platform',
    'storage',
    'audit',
    'clients',
    'tenants',
    'keys',
    'protocol',
  ],
  cli: ['log', 'printable', 'config', 'platform', 'keys', 'protocol', 'storage/storage.ts'],
  app: ['endpoints', 'admin-app', 'http', 'swagger', 'deps'],
  'admin-app': ['admin', 'deps'],
  deps: [
    'async',
    'logout/logout-notices.ts',
    'refusals/refusal-book.ts',
    'config/schema.ts',
    'pages/frame/logo.ts',
    'audit/audit-trail.ts',
    'build-info',
    'log',
    'metrics',
    'tracing/tracing.ts',
    'clients',
    'tenants',
    'users',
    'tokens/recent-tokens.ts',
    'tokens/signed-tokens.ts',
    'tokens/verified-tokens.ts',
    'secrets',
    'keys',
    'limits',
    'protocol',
    ...storage,
    ...port,
  ],
  endpoints: [
    'limits/rates/token-rates.ts',
    'authorization',
    'logout',
    'management',
    'deps',
    'http',
    'pages',
    'swagger',
    'grants',
    'sessions',
    'consents',
    'tokens',
    'clients',
    'tenants',
    'users',
    'protocol',
  ],
  admin: [
    'sessions',
    'refusals',
    'deps',
    'http',
    'management',
    'audit',
    'tokens',
    'clients',
    'tenants',
    'users',
    'keys',
    'protocol',
    ...storage,
    'config/formats.ts',
    'config/view-schema.ts',
    ...settings,
  ],
  http: [
    'async',
    'bounded-map',
    'deps',
    'log',
    'pages',
    'tokens',
    'clients',
    'tenants',
    'users/person.ts',
    'sessions/browsers.ts',
    'limits',
    'platform/hashing.ts',
    'platform/network.ts',
    'protocol',
    'storage/last-use.ts',
  ],
  authorization: ['sessions', 'consents', 'tokens', 'clients', 'tenants', 'protocol', ...storage],
  // Templates are functions from a view to HTML: they know no tenant, no request and no storage.
  pages: ['http/answer/html.ts', 'protocol'],
  swagger: ['deps', 'http', 'tenants', 'platform/hashing.ts', 'protocol'],
  management: [
    'logout',
    'audit',
    'log',
    'sessions',
    'consents',
    'tokens',
    'clients',
    'tenants',
    'users',
    'keys',
    'protocol',
    ...storage,
  ],
  grants: ['tokens', 'users', 'keys/keyring.ts', 'protocol', 'storage/storage.ts', 'platform/hashing.ts'],
  tokens: ['bounded-map', 'sessions', 'keys', 'clients', 'tenants', 'users', 'protocol', ...storage, ...port],
  // The one thing of keys that clients need: what their own keys signed.
  clients: [
    'bounded-map',
    tenantLock,
    'secrets',
    'keys/client-assertion.ts',
    ...port,
    ...settings,
    'protocol',
    ...storage,
  ],
  tenants: ['bounded-map', ...settings, 'protocol', ...storage],
  // A person is made while its tenant is there.
  users: [tenantLock, 'async', 'secrets', 'limits', ...port, ...settings, 'protocol', ...storage],
  // A sender is the group of addresses that the limits count.
  refusals: ['limits/address-group.ts', ...port, ...storage],
  logout: [
    'async',
    'tokens/people/id-token-hint.ts',
    'sessions',
    'clients',
    'tenants',
    'keys',
    'log',
    'platform/outbound.ts',
    'protocol',
    'storage/storage.ts',
  ],
  sessions: ['protocol/base64url.ts', 'users', 'platform/hashing.ts', ...storage],
  consents: ['users/cutoffs.ts', ...storage],
  secrets: ['bounded-map', 'async', ...port, 'protocol'],
  // It passes the texts of the files on, and does not look into them.
  supervisor: ['config/files/included.ts', 'metrics', 'log', ...port],
  connections: ['config/schema.ts', 'limits/address-group.ts', 'log', 'metrics', 'protocol', ...port],
  metrics: ['log', 'protocol', ...port],
  tracing: [...port],
  maintenance: [tenantRow, 'keys', 'log', ...port, 'protocol/base64url.ts', ...storage],
  // The trail may miss events that maintenance deleted.
  audit: ['bounded-map', 'maintenance/cleaning-row.ts', 'log', ...port, 'protocol', ...storage],
  // Reads files of other servers, and changes nothing.
  import: [
    'users/import/keycloak-user.ts',
    'users/import/people-file.ts',
    'config/formats.ts',
    'config/schema-kinds.ts',
    'config/rules/weak-secret.ts',
    'protocol',
    ...port,
  ],
  // Reads and writes data_dir as a whole, so it knows the files of the storage and the names of key files.
  backup: ['keys/material/key-names.ts', 'storage', 'protocol', ...port],
  keys: [tenantRow, 'async', 'exposure', ...port, 'protocol', ...storage],
  limits: ['async', 'bounded-map', ...port, 'protocol', ...storage],
  storage: ['bounded-map', 'async', 'exposure', ...port, 'protocol'],
  // A URL of Postgres is refused with its place in the file.
  config: ['exposure', ...port, ...tricks, 'printable', 'protocol', 'storage/postgres/postgres-url.ts'],
  async: [],
  'bounded-map': [],
  protocol: [],
  platform: [],
  printable: [],
  exposure: [...port],
  log: ['printable'],
  'build-info': [],
}

/** Each outside thing has its rooms. */
const packages: Record<string, readonly string[]> = {
  'bun:ffi': ['platform'],
  elysia: ['app', 'admin-app', 'endpoints', 'admin', 'http', 'swagger'],
  '@elysiajs/swagger': ['swagger'],
  'swagger-ui-dist': ['swagger'],
  entities: ['http'],
  'qrcode-generator': ['commands'],
  'age-encryption': ['backup'],
  'modern-tar': ['backup'],
  '@opentelemetry/api': ['tracing'],
  '@opentelemetry/sdk-trace': ['tracing'],
  '@opentelemetry/resources': ['tracing'],
  '@opentelemetry/otlp-transformer': ['tracing'],
  jose: ['keys'],
  yaml: ['config'],
  'js-yaml': ['config'],
  postgres: ['storage'],
  '@sinclair/typebox': [
    ...['protocol', 'config', 'storage', 'tokens', 'clients', 'tenants', 'http', 'admin'],
    ...[
      'keys',
      'limits',
      'audit',
      'maintenance',
      'users',
      'authorization',
      'sessions',
      'consents',
      'refusals',
    ],
  ],
  node: ['platform'],
}

interface Import {
  readonly file: string
  readonly target: string
}

const files = [...new Glob('**/*.ts').scanSync(src)].filter((file) => !file.endsWith('.d.ts')).sort()
const texts = new Map(
  await Promise.all(files.map(async (file) => [file, await Bun.file(join(src, file)).text()] as const)),
)
const imports = [...texts].flatMap(([file, text]) => findImports(file, text))

/** Every import, type-only and dynamic ones too: files of ours by their path below src/, packages by their name. */
function findImports(file: string, text: string): Import[] {
  const statements = text.matchAll(
    /(?:^(?:import|export)\s[^'"=(]*?\bfrom\s*|^import\s*|\bimport\(\s*)['"]([^'"]+)['"]/gm,
  )
  return [...statements].map(([, name = '']) => ({
    file,
    target: name.startsWith('.') ? relative(src, resolve(src, dirname(file), name)) : name,
  }))
}

function roomOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '')
}

function packageOf(name: string): string {
  if (name.startsWith('node:')) return 'node'
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

const isOurs = (target: string) => target.endsWith('.ts')

describe('arrows', () => {
  test('every import follows an arrow of the map', () => {
    const wrong = imports
      .filter(({ target }) => isOurs(target))
      .filter(({ file, target }) => {
        const allowed = arrows[roomOf(file)] ?? []
        return (
          roomOf(file) !== roomOf(target) && !allowed.includes(roomOf(target)) && !allowed.includes(target)
        )
      })
    expect(wrong).toEqual([])
  })

  test('every arrow has an import', () => {
    const shared: readonly string[] = [...storage, ...port, ...tricks, ...settings]
    const unused = Object.entries(arrows).flatMap(([room, allowed]) => {
      const used = imports.filter(({ file }) => roomOf(file) === room).map(({ target }) => target)
      return allowed
        .filter((arrow) => !shared.includes(arrow))
        .filter((arrow) => !used.some((target) => target === arrow || roomOf(target) === arrow))
        .map((arrow) => `${room} -> ${arrow}`)
    })
    expect(unused).toEqual([])
  })

  test('an endpoint imports no sibling but its own parts: token-detail.ts and token-checks/ are those of token', () => {
    const wrong = imports.filter(({ file, target }) => {
      const inside = roomOf(file) === 'endpoints' && roomOf(target) === 'endpoints'
      const isInOneFolder = dirname(file) !== 'endpoints' && dirname(file) === dirname(target)
      return inside && !isInOneFolder && !target.startsWith(`${file.replace(/\.ts$/, '')}-`)
    })
    expect(wrong).toEqual([])
  })

  test('a command imports no other, nor a part of another', () => {
    const frame = ['commands/run.ts', 'commands/command-table.ts']
    const folderOf = (file: string) => file.split('/').slice(0, -1).join('/')
    const wrong = imports
      .filter(({ file, target }) => roomOf(file) === 'commands' && roomOf(target) === 'commands')
      .filter(({ file }) => !frame.includes(file))
      .filter(({ file, target }) => folderOf(file) === 'commands' || folderOf(file) !== folderOf(target))
    expect(wrong).toEqual([])
  })

  test('a grant imports no other grant', () => {
    const shared = ['grants/grant.ts', 'grants/grant-table.ts']
    const wrong = imports.filter(
      ({ file, target }) =>
        roomOf(file) === 'grants' &&
        roomOf(target) === 'grants' &&
        !shared.includes(target) &&
        file !== 'grants/grant-table.ts',
    )
    expect(wrong).toEqual([])
  })

  test('no file imports itself by way of others', () => {
    const targets = Map.groupBy(
      imports.filter(({ target }) => isOurs(target)),
      ({ file }) => file,
    )
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (file: string, path: readonly string[]) => {
      const start = path.indexOf(file)
      if (start >= 0) circles.push([...path.slice(start), file].join(' -> '))
      if (start >= 0 || done.has(file)) return
      for (const { target } of targets.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(circles).toEqual([])
  })

  test('every package is imported in its own rooms only', () => {
    const wrong = imports
      .filter(({ target }) => !isOurs(target) && !target.endsWith('package.json'))
      .filter(({ file, target }) => !packages[packageOf(target)]?.includes(roomOf(file)))
    expect(wrong).toEqual([])
  })

  test('every room has a README.md that says what it is, what it may import and what was decided', () => {
    const rooms = [...new Set(files.filter((file) => file.includes('/')).map(roomOf))]
    const missing = rooms.filter((room) => {
      const path = join(src, room, 'README.md')
      return !existsSync(path) || !readFileSync(path, 'utf8').startsWith(`# ${room}\n`)
    })
    expect(missing).toEqual([])
  })

  test('a kind of row is described in a file of its own, where the tests find all of them', () => {
    const wrong = imports.filter(
      ({ file, target }) => target === 'storage/kind.ts' && !file.endsWith('-row.ts'),
    )
    expect(wrong).toEqual([])
  })

  test('the map has every room that there is and no other', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(arrows).sort())
  })
})

describe('rules', () => {
  const places = (pattern: RegExp, allowed: (file: string) => boolean) =>
    [...texts]
      .filter(([file]) => !allowed(file))
      .flatMap(([file, text]) =>
        [...withoutComments(text).matchAll(pattern)].map(([found]) => `${file}: ${found}`),
      )

  test('only platform/ names the runtime', () => {
    expect(
      places(/(?<![-.\w])(?:(?:Bun|Deno|process)\.\w+|Buffer\b)/g, (file) => roomOf(file) === 'platform'),
    ).toEqual([])
  })

  test('only main.ts ends the process', () => {
    expect(
      places(/\bexitProcess\(/g, (file) => ['main.ts', 'platform/node/node-process.ts'].includes(file)),
    ).toEqual([])
  })

  test('time and randomness come in through Deps', () => {
    // The last one is a script for browsers.
    const sources = [
      'main.ts',
      'platform/node/node-process.ts',
      'platform/durable-files.ts',
      'pages/try-script.ts',
    ]
    const pattern = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bgetRandomValues\b/g
    expect(places(pattern, (file) => sources.includes(file))).toEqual([])
  })

  test('no folder has more than 20 files directly in it', () => {
    const folders = Map.groupBy(files, (file) => dirname(file))
    expect([...folders].filter(([, inside]) => inside.length > 20).map(([folder]) => folder)).toEqual([])
  })

  test('no two files have the same name: a tab or a stack trace shows the name alone', () => {
    const byName = Map.groupBy(files, (file) => basename(file))
    expect([...byName.values()].filter(({ length }) => length > 1)).toEqual([])
  })

  test('no file is longer than 300 lines', () => {
    const long = [...texts].filter(([, text]) => text.split('\n').length > 301).map(([file]) => file)
    expect(long).toEqual([])
  })

  test('the linter refuses a function of more than 60 lines', () => {
    expect(biome.linter.rules.complexity.noExcessiveLinesPerFunction).toEqual({
      level: 'error',
      options: { maxLines: 60 },
    })
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
