import type { TSchema } from '@sinclair/typebox'
import type { Fault } from '../fault.ts'
import type { Nodes } from './nodes.ts'
import { type Path, readNode } from './read.ts'
import type { NamedText, Source } from './source.ts'
import { includedKey, partsOf, renderStranger } from './text-parts.ts'
import { type MapTree, type ParsedYaml, parseYaml, type Tree } from './yaml-tree.ts'

interface Part {
  readonly file: string
  readonly base: number
  readonly yaml: ParsedYaml
  /** The entries below `tenants`. */
  readonly tenants: MapTree['entries']
}

/** Reads files slowly, and reports every fault with its file, line and column. */
export class ExactSource implements Source {
  readonly #parts: readonly Part[]
  readonly #root: Tree | undefined
  readonly #faults: { at: number; message: string }[]
  readonly #warnings: { at: number; message: string }[] = []

  constructor(named: NamedText) {
    let base = 0
    this.#parts = partsOf(named).map(({ file, text }) => {
      const yaml = parseYaml(text, base)
      const part = { file, base, yaml, tenants: tenantsOf(yaml.root) }
      base += text.length + 1
      return part
    })
    this.#faults = this.#parts.flatMap(({ yaml }) => yaml.faults)
    const [main, ...included] = this.#parts
    if (main && !main.yaml.root && main.yaml.faults.length === 0)
      this.#report(0, 'the file is empty, wanted at least a tenant under tenants')
    for (const part of included) this.#checkIncluded(part)
    this.#root = main?.yaml.root && this.#join(main.yaml.root, included)
  }

  /** False when the text is empty or not YAML. `faults` has the reason. */
  get isReadable(): boolean {
    return this.#root !== undefined
  }

  read(schema: TSchema): unknown {
    return this.#root && readNode(schema, this.#root, { nodes, report: this.#report })
  }

  readMember(key: string, schema: TSchema): unknown {
    const found = this.#root && nodes.find(this.#root, key)
    return found && readNode(schema, found, { nodes, report: () => {} })
  }

  get tenantsByFile(): readonly (readonly string[])[] {
    return this.#parts.map(({ tenants }) => [...tenants.keys()])
  }

  readonly #report = (at: number, message: string): void => {
    this.#faults.push({ at, message })
  }

  #checkIncluded({ base, yaml }: Part): void {
    const { root, faults } = yaml
    if (!root) {
      if (faults.length === 0) this.#report(base, `the file is empty, wanted ${includedKey}`)
    } else if (root.kind !== 'map')
      this.#report(root.at, `the file is no map, wanted one with ${includedKey}`)
    else {
      for (const [key, { keyAt, value }] of root.entries) {
        if (key !== includedKey) this.#report(keyAt, renderStranger(key))
        else if (value.kind !== 'map') this.#report(keyAt, `${includedKey} is no map, wanted tenants by id`)
      }
      if (!root.entries.has(includedKey)) this.#report(root.at, `the file has no ${includedKey}, wanted them`)
    }
  }

  /** The root of the first file with the tenants of all files. */
  #join(root: Tree, included: readonly Part[]): Tree {
    if (root.kind !== 'map' || included.length === 0) return root
    const own = root.entries.get(includedKey)
    // Tenants of another kind are a fault, which the reader reports.
    if (own && own.value.kind !== 'map' && !nodes.isNull(own.value)) return root
    const tenants = new Map(tenantsOf(root))
    for (const part of included) {
      for (const [id, entry] of part.tenants) {
        const first = tenants.get(id)
        if (first)
          this.#report(entry.keyAt, `tenants.${id} is at ${this.#place(first.keyAt)} too, wanted one place`)
        else tenants.set(id, entry)
      }
    }
    const keyAt = own?.keyAt ?? root.at
    const value = { kind: 'map', at: keyAt, entries: tenants } as const
    return { ...root, entries: new Map([...root.entries, [includedKey, { keyAt, value }]]) }
  }

  refuse(path: Path, message: string): void {
    this.#report(this.#locate(path), message)
  }

  warn(path: Path, message: string): void {
    this.#warnings.push({ at: this.#locate(path), message })
  }

  get faults(): Fault[] {
    return this.#inOrder(this.#faults)
  }

  get warnings(): Fault[] {
    return this.#inOrder(this.#warnings)
  }

  #inOrder(found: readonly { at: number; message: string }[]): Fault[] {
    return [...found]
      .sort((a, b) => a.at - b.at)
      .map(({ at, message }) => {
        const { file, yaml } = this.#partOf(at)
        return { file, position: yaml.positionOf(at), message }
      })
  }

  #partOf(at: number): Part {
    const found = this.#parts.findLast(({ base }) => base <= at)
    if (!found) throw new TypeError('A configuration has no file')
    return found
  }

  #place(at: number): string {
    const { file, yaml } = this.#partOf(at)
    const { line, column } = yaml.positionOf(at)
    return `${file}:${line}:${column}`
  }

  /** The offset of the value at `path`: of its key in a map, of the value itself in a list, or of the nearest parent that exists. */
  #locate(path: Path): number {
    let tree = this.#root
    let at = 0
    for (const step of path) {
      if (tree?.kind === 'map') {
        const entry = tree.entries.get(String(step))
        if (!entry) break
        at = entry.keyAt
        tree = entry.value
      } else if (tree?.kind === 'list') {
        tree = tree.items[Number(step)]
        if (!tree) break
        at = tree.at
      } else break
    }
    return at
  }
}

function tenantsOf(root: Tree | undefined): MapTree['entries'] {
  const found = root?.kind === 'map' ? root.entries.get(includedKey)?.value : undefined
  return found?.kind === 'map' ? found.entries : new Map()
}

const nodes: Nodes<Tree> = {
  kindOf: ({ kind }) => kind,
  textOf: (tree) => (tree.kind === 'scalar' ? tree.text : ''),
  isNull: (tree) => tree.kind === 'scalar' && tree.isNull,
  isPlain: (tree) => tree.kind === 'scalar' && tree.isPlain,
  itemsOf: (tree) => (tree.kind === 'list' ? tree.items : []),
  keysOf: (tree) => (tree.kind === 'map' ? tree.entries.keys() : []),
  find: (tree, key) => (tree.kind === 'map' ? tree.entries.get(key)?.value : undefined),
  placeOf: ({ at }) => at,
  placeOfKey: (tree, key) => (tree.kind === 'map' ? tree.entries.get(key)?.keyAt : undefined) ?? tree.at,
}
