import { exitCodes } from '../cli/command.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import type { DamagedRow } from '../storage/storage.ts'
import { renderDamaged } from './render-damaged.ts'

const pageSize = 100

export interface ListPage {
  /** The last id of the page before; empty for the first page. */
  readonly after: string
  readonly limit: number
}

export interface WriteListOptions<T> {
  readonly readPage: (page: ListPage) => Promise<readonly (T | DamagedRow)[]>
  readonly idOf: (row: T | DamagedRow) => string
  /** A row in the JSON. */
  readonly view: (row: T) => unknown
  /** A row as a line of text. */
  readonly render: (row: T) => string
}

/** Prints all rows of a list and returns the exit code. A damaged row has a line, is left out of the JSON, and means failure. */
export async function writeList<T extends object>(
  { readPage, idOf, view, render }: WriteListOptions<T>,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const all = await readAll(readPage, idOf)
  const readable = all.flatMap((each) => (isDamagedRow(each) ? [] : [each]))
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(readable.map(view))}\n`)
  else
    for (const each of all)
      platform.writeOut(`${printable(isDamagedRow(each) ? renderDamaged(each) : render(each))}\n`)
  return readable.length < all.length ? exitCodes.failed : exitCodes.ok
}

async function readAll<T>(
  readPage: WriteListOptions<T>['readPage'],
  idOf: WriteListOptions<T>['idOf'],
): Promise<(T | DamagedRow)[]> {
  const all: (T | DamagedRow)[] = []
  for (let after = ''; ; ) {
    const page = await readPage({ after, limit: pageSize })
    all.push(...page)
    const last = page.at(-1)
    if (!last || page.length < pageSize) return all
    after = idOf(last)
  }
}

function isDamagedRow(row: object): row is DamagedRow {
  return 'damage' in row
}
