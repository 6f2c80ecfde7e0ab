import type { TSchema } from '@sinclair/typebox'
import type { Fault } from '../fault.ts'
import type { Nodes } from './nodes.ts'
import { locateKeys, type PlainYaml, parseQuickly, type SoughtKey } from './quick-yaml.ts'
import { type Path, readNode } from './read.ts'
import type { NamedText, Source } from './source.ts'
import { includedKey, partsOf } from './text-parts.ts'

/** The text has a fault or may have one, so ExactSource has to read it. */
export class NeedsExactReading extends Error {}

interface Part {
  readonly file: string
  readonly text: string
  readonly root: PlainYaml
}

/** Reads files without faults, fast. Every method throws {@link NeedsExactReading} if there may be a fault. */
export class QuickSource implements Source {
  readonly #parts: readonly Part[]
  readonly #root: PlainYaml
  readonly #warnings: { path: Path; message: string }[] = []

  constructor(named: NamedText) {
    this.#parts = partsOf(named).map(({ file, text }) => {
      const root = parseQuickly(text)
      if (root === undefined) throw new NeedsExactReading()
      return { file, text, root }
    })
    this.#root = join(this.#parts)
  }

  read(schema: TSchema): unknown {
    return readNode(schema, this.#root, { nodes, report: refuse })
  }

  readMember(key: string, schema: TSchema): unknown {
    const found = nodes.find(this.#root, key)
    return found === undefined ? undefined : readNode(schema, found, { nodes, report: () => {} })
  }

  get tenantsByFile(): readonly (readonly string[])[] {
    return this.#parts.map(({ root }) => keysOf(nodes.find(root, includedKey) ?? {}))
  }

  refuse(): never {
    return refuse()
  }

  warn(path: Path, message: string): void {
    this.#warnings.push({ path, message })
  }

  /** In the order of the files. */
  get warnings(): Fault[] {
    if (this.#warnings.length === 0) return []
    const byPart = Map.groupBy(this.#warnings, ({ path }) => this.#partOf(path))
    return this.#parts.flatMap((part) => locate(part, byPart.get(part) ?? []))
  }

  /** The file that has the value of the path. */
  #partOf([first, id]: Path): Part | undefined {
    const [main, ...included] = this.#parts
    if (first !== includedKey || id === undefined) return main
    return included.find(({ root }) => hasTenant(root, String(id))) ?? main
  }
}

interface Warning {
  readonly path: Path
  readonly message: string
}

/** The warnings with their places in the file. */
function locate({ file, text, root }: Part, warnings: readonly Warning[]): Fault[] {
  if (warnings.length === 0) return []
  const soughtRoot: SoughtKey = { at: 0, inside: new Map() }
  const sought = warnings.map(({ path, message }) => ({ key: seek(path, root, soughtRoot), message }))
  locateKeys(text, soughtRoot)
  return sought
    .map(({ key, message }) => ({ at: key.at ?? refuse(), message }))
    .sort((a, b) => a.at - b.at)
    .map(({ at, message }) => ({ file, position: positionOf(at, text), message }))
}

/** The key at the path, or the nearest one that is there. */
function seek(path: Path, root: PlainYaml, soughtRoot: SoughtKey): SoughtKey {
  let value: PlainYaml | undefined = root
  let key = soughtRoot
  for (const step of path) {
    if (value === undefined || nodes.kindOf(value) !== 'map') refuse()
    value = nodes.find(value, String(step))
    if (value === undefined) return key
    const inside = key.inside.get(String(step)) ?? { at: undefined, inside: new Map() }
    key.inside.set(String(step), inside)
    key = inside
  }
  return key
}

function hasTenant(root: PlainYaml, id: string): boolean {
  const tenants = nodes.find(root, includedKey)
  return tenants !== undefined && nodes.find(tenants, id) !== undefined
}

/** The root of the first file with the tenants of all files. */
function join([main, ...included]: readonly Part[]): PlainYaml {
  if (!main) throw new TypeError('A configuration has no file')
  if (included.length === 0) return main.root
  // A map without a prototype, because a key may be __proto__.
  const all: Record<string, PlainYaml> = Object.create(null)
  for (const { root } of [main, ...included]) {
    const isMain = root === main.root
    if (!isMain && (!isMap(root) || keysOf(root).join() !== includedKey)) refuse()
    const tenants = nodes.find(root, includedKey)
    if (isMain && (tenants === undefined || tenants === null)) continue
    if (tenants === undefined || !isMap(tenants)) refuse()
    for (const [id, tenant] of Object.entries(tenants)) {
      if (id in all) refuse()
      all[id] = tenant
    }
  }
  if (!isMap(main.root)) refuse()
  return Object.assign(Object.create(null), main.root, { [includedKey]: all })
}

function refuse(): never {
  throw new NeedsExactReading()
}

/** Lines and columns from 1. */
function positionOf(offset: number, text: string): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** Offsets are 0: only faults need them, and a fault ends the quick reading. */
const nodes: Nodes<PlainYaml> = {
  kindOf: (value) =>
    value === null || typeof value === 'string' ? 'scalar' : Array.isArray(value) ? 'list' : 'map',
  textOf: (value) => (typeof value === 'string' ? value : ''),
  isNull: (value) => value === null,
  // js-yaml does not say whether a scalar had quotes.
  isPlain: refuse,
  itemsOf: (value) => (Array.isArray(value) ? value : []),
  keysOf,
  find: (value, key) => (isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined),
  placeOf: () => 0,
  placeOfKey: () => 0,
}

function isMap(value: PlainYaml): value is { readonly [key: string]: PlainYaml } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keysOf(value: PlainYaml): string[] {
  const keys = isMap(value) ? Object.keys(value) : []
  // js-yaml loses the text of a key that is an unquoted null or empty.
  if (keys.includes('null')) refuse()
  return keys
}
