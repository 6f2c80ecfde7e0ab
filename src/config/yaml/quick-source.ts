import type { TSchema } from '@sinclair/typebox'
import type { Fault } from '../fault.ts'
import type { Nodes } from './nodes.ts'
import { locateKeys, type PlainYaml, parseQuickly, type SoughtKey } from './quick-yaml.ts'
import { type Path, readNode } from './read.ts'
import type { NamedText, Source } from './source.ts'

/** The text has a fault or may have one, so ExactSource has to read it. */
export class NeedsExactReading extends Error {}

/** Reads a file without faults, fast. Every method throws {@link NeedsExactReading} if there may be a fault. */
export class QuickSource implements Source {
  readonly #named: NamedText
  readonly #root: PlainYaml
  readonly #warnings: { path: Path; message: string }[] = []

  constructor(named: NamedText) {
    const root = parseQuickly(named.text)
    if (root === undefined) throw new NeedsExactReading()
    this.#named = named
    this.#root = root
  }

  read(schema: TSchema): unknown {
    return readNode(schema, this.#root, { nodes, report: refuse })
  }

  refuse(): never {
    return refuse()
  }

  warn(path: Path, message: string): void {
    this.#warnings.push({ path, message })
  }

  /** In the order of the file. */
  get warnings(): Fault[] {
    if (this.#warnings.length === 0) return []
    const { file, text } = this.#named
    const root: SoughtKey = { at: 0, inside: new Map() }
    const sought = this.#warnings.map(({ path, message }) => ({ key: this.#seek(path, root), message }))
    locateKeys(text, root)
    return sought
      .map(({ key, message }) => ({ at: key.at ?? refuse(), message }))
      .sort((a, b) => a.at - b.at)
      .map(({ at, message }) => ({ file, position: positionOf(at, text), message }))
  }

  /** The key at the path, or the nearest one that is there. */
  #seek(path: Path, root: SoughtKey): SoughtKey {
    let value: PlainYaml | undefined = this.#root
    let key = root
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
