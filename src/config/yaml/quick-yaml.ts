import { FAILSAFE_SCHEMA, load, type State, Type } from 'js-yaml'

/** A YAML text as plain values: every scalar is its text, except an unquoted null. */
export type PlainYaml = string | null | readonly PlainYaml[] | { readonly [key: string]: PlainYaml }

/**
 * Syntax that the two parsers may read differently, or that only yaml-tree.ts limits and reports. The patterns match inside quotes and
 * comments too, which costs only time. test/config/quick-yaml.test.ts compares the parsers.
 */
const doubtful = [
  // Anchors, aliases, tags, block scalars, directives, explicit keys, and characters that cannot start a plain scalar.
  /(?:^|[:,[{?-]) *[&*!|>%?@`]/m,
  // A list or a map as a key; in a flow map it needs no colon.
  /[\]}]\s*:/,
  /[,{](?:[ \n]|#[^\n]*\n)*\[/,
  // A comment without a space before it.
  /[[\]{}"',:]#/,
  // An item of a list with nothing on its line, or with a list on it; the end of a document.
  /^(?!---$) *-(?: *(?:-|$)| +#)/m,
  /^\.\.\./m,
  // An escaped line end, and a character given by a number that may be out of range.
  /\\[\nU]/,
  // Other kinds of spaces and line ends.
  /[\t\r\u0085\u2028\u2029\ufeff]/,
] as const

const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])

const plainNull = new Type('tag:yaml.org,2002:null', {
  kind: 'scalar',
  resolve: (text: string | null) => text === null || (text.length <= 4 && nulls.has(text)),
  construct: () => null,
})

const schema = FAILSAFE_SCHEMA.extend({ implicit: [plainNull] })

/** Parses the text in a tenth of the time of yaml-tree.ts. Returns undefined if yaml-tree.ts has to read it. */
export function parseQuickly(text: string): PlainYaml | undefined {
  if (doubtful.some((pattern) => pattern.test(text))) return undefined
  try {
    // An empty file is a fault, which yaml-tree.ts reports.
    return (load(text, { schema, onWarning: refuse }) as PlainYaml | undefined) ?? undefined
  } catch {
    // The exact parser finds the fault again and knows its place.
    return undefined
  }
}

/** js-yaml warns of a too small indentation and continues. That is a fault here. */
function refuse(warning: Error): never {
  throw warning
}

/** Keys to find, as a tree of paths. */
export interface SoughtKey {
  /** The offset of the key in the text; undefined until it is found. */
  at: number | undefined
  readonly inside: Map<string, SoughtKey>
}

/** A node that the parser has open. In a map, every second node is a key. */
interface OpenNode {
  readonly at: number
  readonly sought: SoughtKey | undefined
  count: number
  /** The sought key of the value that follows. */
  value: SoughtKey | undefined
}

/** The parser may open a node twice, to try whether it is a key. So the first node inside may be the same node again. */
function findSought(parent: OpenNode | undefined, root: SoughtKey): SoughtKey | undefined {
  if (!parent) return root
  if (parent.count === 0) return parent.sought
  return parent.count % 2 === 1 ? parent.value : undefined
}

/** Stops the parser, which has no other way to stop. */
class AllFound extends Error {}

function countMissing({ at, inside }: SoughtKey): number {
  return [...inside.values()].reduce((sum, key) => sum + countMissing(key), at === undefined ? 1 : 0)
}

/**
 * Finds the offsets of the keys in `root`, in a text that {@link parseQuickly} accepted. It stops at the last of them, because most
 * warnings are about the top of a file.
 */
export function locateKeys(text: string, root: SoughtKey): void {
  let missing = countMissing(root)
  if (missing === 0) return
  const path: OpenNode[] = []
  const open = ({ position }: State) => {
    path.push({ at: position, sought: findSought(path.at(-1), root), count: 0, value: undefined })
  }
  const close = ({ result }: State) => {
    const node = path.pop()
    const parent = path.at(-1)
    if (!node || !parent) return
    if (parent.count++ % 2 === 1 || !parent.sought) return
    parent.value = parent.sought.inside.get(String(result))
    if (!parent.value) return
    if (parent.value.at === undefined) missing--
    parent.value.at = node.at
    if (missing === 0) throw new AllFound()
  }
  try {
    load(text, { schema, listener: (event, state) => (event === 'open' ? open(state) : close(state)) })
  } catch (cause) {
    if (!(cause instanceof AllFound)) throw cause
  }
}
