import type { ListedRecord, Records } from './storage.ts'

export interface WalkOptions {
  /** Begins with the first id that is greater, in the order of bytes; default: with the first. */
  readonly after?: string
  /** Only rows of this parent. */
  readonly parent?: string
  /** Rows that are read at once. */
  readonly pageSize: number
}

/**
 * Reads every row of a kind in the order of ids, a page at a time. Damaged rows are in their places. Rows that are made or deleted
 * meanwhile may be left out. Throws StorageError.
 */
export async function* walkRows<T>(
  records: Pick<Records<T>, 'list'>,
  { after = '', pageSize, ...rest }: WalkOptions,
): AsyncGenerator<ListedRecord<T>[]> {
  for (let at = after; ; ) {
    const page = await records.list({ ...rest, after: at, limit: pageSize })
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    at = last.id
  }
}
