import { base64url } from '../protocol/base64url.ts'
import { OAuthError, sentTwice } from '../protocol/errors.ts'
import type { DamagedRow } from '../storage/storage.ts'

/** A list with pages. A cursor of another list is refused. */
export interface PagedList {
  /** Empty for a list that belongs to no tenant. */
  readonly tenant: string
  readonly name: string
}

/** The page that the caller asks for. */
export interface Page {
  /** The last id of the page before; empty for the first page. */
  readonly after: string
  readonly limit: number
}

export const largestPage = 100
export const usualPage = 50

/** Parses `limit` and `cursor` of the query. Throws `invalid_request`. */
export function parsePage({ url }: Request, list: PagedList): Page {
  const query = new URL(url).searchParams
  const cursor = getOnce(query, 'cursor')
  return {
    limit: parseLimit(getOnce(query, 'limit')),
    after: cursor === undefined ? '' : parseCursor(cursor, list),
  }
}

/** Undefined when the query has no such parameter. Throws `invalid_request` when it has more than one. */
export function getOnce(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name)
  if (more.length === 0) return value
  throw sentTwice(name)
}

/** The number of items that a page may have; the usual one where the query has no `limit`. Throws `invalid_request`. */
export function parseLimit(text: string | undefined): number {
  if (text === undefined) return usualPage
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= largestPage) return limit
  throw new OAuthError('invalid_request', `limit must be a whole number from 1 to ${largestPage}`)
}

/** The body of a page. */
export interface RenderedPage<T> {
  readonly items: readonly T[]
  /** Null on the last page. */
  readonly next_cursor: string | null
  /** The ids of damaged rows; left out when there is none. */
  readonly damaged?: readonly string[]
}

/** A page of `found`. `found` starts after `page.after` and has one row more than the page if there is a next page. */
export function renderPage<F extends object, T>(
  found: readonly (F | DamagedRow)[],
  { page, list, idOf, render }: RenderPageOptions<F, T>,
): RenderedPage<T> {
  const rows = found.slice(0, page.limit)
  const last = rows.at(-1)
  const hasNext = found.length > page.limit && last !== undefined
  return {
    items: rows.flatMap((row) => ('damage' in row ? [] : [render(row)])),
    next_cursor: hasNext ? renderCursor('damage' in last ? last.id : idOf(last), list) : null,
    ...renderDamaged(rows.flatMap((row) => ('damage' in row ? [row.id] : []))),
  }
}

/** The member of a body that lists damaged rows; left out when there is none. */
export function renderDamaged(damaged: readonly string[]): { damaged?: string[] } {
  return damaged.length > 0 ? { damaged: [...damaged] } : {}
}

interface RenderPageOptions<F, T> {
  readonly page: Page
  readonly list: PagedList
  readonly idOf: (row: F) => string
  readonly render: (row: F) => T
}

/** Base64url, so that clients do not build cursors themselves. It is no secret: a caller may ask for any id. */
function renderCursor(id: string, { tenant, name }: PagedList): string {
  const bytes = new TextEncoder().encode(JSON.stringify([tenant, name, id]))
  return base64url(bytes)
}

function parseCursor(cursor: string, list: PagedList): string {
  const parts = decode(cursor)
  if (Array.isArray(parts)) {
    const id: unknown = parts[2]
    if (typeof id === 'string' && renderCursor(id, list) === cursor) return id
  }
  throw new OAuthError('invalid_request', 'The cursor is none of this list')
}

function decode(cursor: string): unknown {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: 'base64url' })
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
