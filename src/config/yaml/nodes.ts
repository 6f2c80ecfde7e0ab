/** The questions of the reader about the nodes of a document. Each parser answers them. */
export interface Nodes<N> {
  kindOf(node: N): 'scalar' | 'list' | 'map'
  /** The text of a scalar as it was written, without quotes. */
  textOf(scalar: N): string
  /** True for an unquoted null, ~ or nothing at all. */
  isNull(node: N): boolean
  /** Whether the scalar has no quotes and no tag. */
  isPlain(scalar: N): boolean
  itemsOf(list: N): readonly N[]
  keysOf(map: N): Iterable<string>
  /** Undefined when the map has no such key. */
  find(map: N, key: string): N | undefined
  /** The offset of the node in the text. */
  placeOf(node: N): number
  placeOfKey(map: N, key: string): number
}
