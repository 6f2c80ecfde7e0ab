import type { Fault } from './fault.ts'
import type { Path } from './read.ts'
import { type ParsedYaml, parseYaml, type Tree } from './yaml-tree.ts'

/** A configuration file that was read: its tree, and the faults and warnings found in it so far. */
export class Source {
  readonly file: string
  readonly #yaml: ParsedYaml
  readonly #faults: { at: number; message: string }[]
  readonly #warnings: { at: number; message: string }[] = []

  constructor(file: string, text: string) {
    this.file = file
    this.#yaml = parseYaml(text)
    this.#faults = [...this.#yaml.faults]
  }

  /** The whole tree; undefined when the text is not YAML or empty. */
  get root(): Tree | undefined {
    return this.#yaml.root
  }

  readonly report = (at: number, message: string): void => {
    this.#faults.push({ at, message })
  }

  refuse(path: Path, message: string): void {
    this.report(this.#locate(path), message)
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
      .map(({ at, message }) => ({ file: this.file, position: this.#yaml.positionOf(at), message }))
  }

  /** Where the value at `path` stands: its key in a map, itself in a list, or the nearest thing that is there. */
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
