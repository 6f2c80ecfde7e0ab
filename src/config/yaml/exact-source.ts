import type { TSchema } from '@sinclair/typebox'
import type { Fault } from '../fault.ts'
import type { Nodes } from './nodes.ts'
import { type Path, readNode } from './read.ts'
import type { NamedText, Source } from './source.ts'
import { type ParsedYaml, parseYaml, type Tree } from './yaml-tree.ts'

/** Reads a file slowly, and reports every fault with its line and column. */
export class ExactSource implements Source {
  readonly #file: string
  readonly #yaml: ParsedYaml
  readonly #faults: { at: number; message: string }[]
  readonly #warnings: { at: number; message: string }[] = []

  constructor({ file, text }: NamedText) {
    this.#file = file
    this.#yaml = parseYaml(text)
    this.#faults = [...this.#yaml.faults]
    if (!this.#yaml.root && this.#faults.length === 0)
      this.#report(0, 'the file is empty, wanted at least a tenant under tenants')
  }

  /** False when the text is empty or not YAML. `faults` has the reason. */
  get isReadable(): boolean {
    return this.#yaml.root !== undefined
  }

  read(schema: TSchema): unknown {
    const { root } = this.#yaml
    return root && readNode(schema, root, { nodes, report: this.#report })
  }

  readonly #report = (at: number, message: string): void => {
    this.#faults.push({ at, message })
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
      .map(({ at, message }) => ({ file: this.#file, position: this.#yaml.positionOf(at), message }))
  }

  /** The offset of the value at `path`: of its key in a map, of the value itself in a list, or of the nearest parent that exists. */
  #locate(path: Path): number {
    let tree = this.#yaml.root
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
