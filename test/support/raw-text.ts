import type { NewRecord, Records } from '../../src/storage/storage.ts'

/**
 * Creates a row whose value is this very text, JSON or not, in any store: what a store does with a row that grantd did not write can be tried
 * only so. A store makes the text before its first wait.
 */
export function createText(
  records: Pick<Records<unknown>, 'create'>,
  text: string,
  record: Omit<NewRecord<unknown>, 'value'>,
): Promise<boolean> {
  const value = {}
  const { stringify } = JSON
  JSON.stringify = (first: unknown, ...rest: [never?, number?]) =>
    first === value ? text : stringify(first, ...rest)
  try {
    return records.create({ ...record, value })
  } finally {
    JSON.stringify = stringify
  }
}
