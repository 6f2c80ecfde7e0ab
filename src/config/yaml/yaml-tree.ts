import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml'
import { explainSyntax } from './syntax-faults.ts'

/**
 * A YAML text as a tree. Every scalar keeps its own text (a client id `0123` or `no` is that string), and every node knows its offset
 * in the text.
 */
export type Tree = ScalarTree | ListTree | MapTree

export interface ScalarTree {
  readonly kind: 'scalar'
  readonly at: number
  readonly text: string
  /** True for an unquoted null, ~ or nothing at all. */
  readonly isNull: boolean
  /** False for a scalar with quotes or a tag, and for a block scalar. */
  readonly isPlain: boolean
}

export interface ListTree {
  readonly kind: 'list'
  readonly at: number
  readonly items: readonly Tree[]
}

export interface MapTree {
  readonly kind: 'map'
  readonly at: number
  readonly entries: ReadonlyMap<string, { readonly keyAt: number; readonly value: Tree }>
}

export interface TreeFault {
  readonly at: number
  readonly message: string
}

export interface ParsedYaml {
  readonly root: Tree | undefined
  readonly faults: readonly TreeFault[]
  readonly positionOf: (offset: number) => { line: number; column: number }
}

/** The most nodes that aliases may expand to in one file: far above normal use, far below a bomb of aliases. */
const mostAliasedNodes = 10_000
const deepestNesting = 64

const plainNulls = new Set(['', '~', 'null', 'Null', 'NULL'])

/**
 * Parses YAML 1.2. `root` is the part of the text that has no faults. All offsets begin at `base`, so that the offsets of several files
 * differ.
 */
export function parseYaml(text: string, base = 0): ParsedYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    keepSourceTokens: false,
  })
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset - base)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const builder = new TreeBuilder(base, (offset) => positionOf(offset).line)
  const root =
    document.errors.length === 0 && document.contents ? builder.build(document.contents) : undefined
  return {
    root,
    faults: [
      ...explainSyntax(document.errors).map(({ at, message }) => ({ at: base + at, message })),
      ...builder.faults,
    ],
    positionOf,
  }
}

class TreeBuilder {
  readonly faults: TreeFault[] = []
  readonly #base: number
  readonly #lineOf: (offset: number) => number
  /** The nodes of the anchors up to this place of the text, and of the aliases up to here. */
  readonly #anchors = new Map<string, Node>()
  readonly #targets = new Map<Alias, Node | undefined>()
  #depth = 0
  #aliasDepth = 0
  #aliasedNodes = 0

  constructor(base: number, lineOf: (offset: number) => number) {
    this.#base = base
    this.#lineOf = lineOf
  }

  build(node: Node): Tree {
    const at = this.#base + (node.range?.[0] ?? 0)
    const nothing: ScalarTree = { kind: 'scalar', at, text: '', isNull: true, isPlain: true }
    this.#noteAnchor(node)
    // Reports it once: a bomb of aliases must not fill the list of faults.
    if (this.#aliasedNodes > mostAliasedNodes && this.#aliasDepth > 0) return nothing
    if (this.#aliasDepth > 0 && ++this.#aliasedNodes > mostAliasedNodes) {
      return this.#refuse(
        at,
        `the file expands to more than ${mostAliasedNodes} values through aliases`,
        nothing,
      )
    }
    if (this.#depth >= deepestNesting) {
      return this.#refuse(at, `the file is nested deeper than ${deepestNesting} levels`, nothing)
    }
    this.#depth++
    const tree = this.#buildByKind(node, nothing)
    this.#depth--
    return tree
  }

  #buildByKind(node: Node, nothing: ScalarTree): Tree {
    if (isAlias(node)) return this.#buildAlias(node, nothing)
    if (isMap(node)) return this.#buildMap(node.items as Pair[], nothing.at)
    if (isSeq(node)) {
      const items = node.items.map((item) => (isNode(item) ? this.build(item) : nothing))
      return { kind: 'list', at: nothing.at, items }
    }
    if (!isScalar(node)) return nothing
    const text = String(node.value ?? '')
    const isPlain = node.type === 'PLAIN' && node.tag === undefined
    return { ...nothing, text, isNull: node.type === 'PLAIN' && plainNulls.has(text), isPlain }
  }

  #buildAlias(alias: Alias, nothing: ScalarTree): Tree {
    // After the limit, further aliases cost time and say nothing new.
    if (this.#aliasedNodes > mostAliasedNodes) return nothing
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source))
    const target = this.#targets.get(alias)
    if (!target)
      return this.#refuse(
        nothing.at,
        'an alias has no anchor before it; put quotes around a text that starts with *',
        nothing,
      )
    this.#aliasDepth++
    const tree = this.build(target)
    this.#aliasDepth--
    return tree
  }

  /** Notes an anchor where the text defines it, not where an alias repeats it. */
  #noteAnchor(node: Node): void {
    if (this.#aliasDepth === 0 && !isAlias(node) && node.anchor) this.#anchors.set(node.anchor, node)
  }

  #buildMap(pairs: readonly Pair[], at: number): MapTree {
    const entries = new Map<string, { keyAt: number; value: Tree }>()
    for (const { key, value } of pairs) {
      const keyAt = isNode(key) && key.range ? this.#base + key.range[0] : at
      if (!isScalar(key)) {
        this.faults.push({ at: keyAt, message: 'a key of a map is not a plain text' })
        continue
      }
      this.#noteAnchor(key)
      const name = String(key.value ?? '')
      const first = entries.get(name)
      if (first) {
        const line = this.#lineOf(first.keyAt)
        this.faults.push({
          at: keyAt,
          message: `the key ${name} stands twice in one map, first in line ${line}; keep one`,
        })
      }
      const missing: ScalarTree = { kind: 'scalar', at: keyAt, text: '', isNull: true, isPlain: true }
      entries.set(name, { keyAt, value: isNode(value) ? this.build(value) : missing })
    }
    return { kind: 'map', at, entries }
  }

  #refuse(at: number, message: string, instead: Tree): Tree {
    this.faults.push({ at, message })
    return instead
  }
}
