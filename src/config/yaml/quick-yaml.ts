import { FAILSAFE_SCHEMA, load, type State, Type } from 'js-yaml'

/** A YAML text as plain values: every scalar is its own text, but for an unquoted null. */
export type PlainYaml = string | null | readonly PlainYaml[] | { readonly [key: string]: PlainYaml }

/**
 * What two parsers may read in two ways, or what only yaml-tree.ts bounds and words. It is found wherever it might stand, also
 * inside of quotes and comments: that costs time and nothing else. test/config/quick-yaml.test.ts compares the parsers.
 */
const doubtful = [
  // Anchors, aliases, tags, block scalars, directives, explicit keys, and what no plain text starts with.
  /(?:^|[:,[{?-]) *[&*!|>%?@`]/m,
  // A list or a map as a key, in a flow map also without a colon after it.
  /[\]}]\s*:/,
  /[,{](?:[ \n]|#[^\n]*\n)*\[/,
  // A comment without a space before it.
  /[[\]{}"',:]#/,
  // An item of a list with nothing on its line, or with a list on it; the end of a document.
  /^(?!---$) *-(?: *(?:-|$)| +#)/m,
  /^\.\.\./m,
  // An end of line that is escaped, and a character by its number, which may be none.
  /\\[\nU]/,
  // Spaces and ends of lines of other sorts.
  /[\t\r\u0085\u2028\u2029\ufeff]/,
] as const

const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])

const plainNull = new Type('tag:yaml.org,2002:null', {
  kind: 'scalar',
  resolve: (text: string | null) => text === null || (text.length <= 4 && nulls.has(text)),
  construct: () => null,
})

const schema = FAILSAFE_SCHEMA.extend({ implicit: [plainNull] })

/** The text, read in a tenth of the time that yaml-tree.ts takes; undefined where that one has to read it. */
export function parseQuickly(text: string): PlainYaml | undefined {
  if (doubtful.some((pattern) => pattern.test(text))) return undefined
  try {
    // Nothing at all is a fault of the file.
    return (load(text, { schema, onWarning: refuse }) as PlainYaml | undefined) ?? undefined
  } catch {
    // A fault is worded by the one that knows the place of everything.
    return undefined
  }
}

/** It warns of an indentation that is too small, and goes on. */
function refuse(warning: Error): never {
  throw warning
}

/** Keys that are looked for, by the way to them. */
export interface SoughtKey {
  /** Where the key stands, as an offset into the text, once it was found. */
  at: number | undefined
  readonly inside: Map<string, SoughtKey>
}

/** A node that the parser is at: of a map, every second node in it is a key. */
interface OpenNode {
  readonly at: number
  readonly sought: SoughtKey | undefined
  count: number
  /** What belongs to the last key. */
  value: SoughtKey | undefined
}

/** The first node inside of another may be that other once more: the parser tries whether it is a key. */
function findSought(parent: OpenNode | undefined, root: SoughtKey): SoughtKey | undefined {
  if (!parent) return root
  if (parent.count === 0) return parent.sought
  return parent.count % 2 === 1 ? parent.value : undefined
}

/** Thrown out of the parser, which nothing else stops. */
class AllFound extends Error {}

function countMissing({ at, inside }: SoughtKey): number {
  return [...inside.values()].reduce((sum, key) => sum + countMissing(key), at === undefined ? 1 : 0)
}

/**
 * Notes where the keys stand that are in `root`, in a text that {@link parseQuickly} took. The text is read up to the last of them:
 * most warnings are about what stands at the top.
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
