import { OAuthError } from '../protocol/errors.ts'

/** A row that can be changed. The tag needs the time of creation too, because a row that is made again starts at version 1. */
export interface Versioned {
  readonly version: number
  readonly value: { readonly created_at: number }
}

/** The strong entity tag of a row (RFC 9110 section 8.8.3). */
export function renderEtag({ version, value }: Versioned): string {
  return `"${version}-${value.created_at.toString(36)}"`
}

/** Throws `precondition_failed` for a row that is not the one that the sender has seen. */
export type CheckRow = (row: Versioned) => void

/** Throws `precondition_required` (RFC 6585 section 3) without an If-Match, and `invalid_request` for a malformed one. */
export function requireIfMatch(request: Request): CheckRow {
  if (request.headers.has('if-match')) return parseIfMatch(request)
  throw new OAuthError('precondition_required', 'If-Match is required: send the ETag of what is changed')
}

/** Like {@link requireIfMatch}; without the header every row passes. */
export function parseIfMatch(request: Request): CheckRow {
  const header = request.headers.get('if-match')
  if (header === null || header.trim() === '*') return () => {}
  const tags = parseTags(header)
  return (row) => {
    if (tags.includes(renderEtag(row))) return
    throw new OAuthError('precondition_failed', 'It was changed meanwhile: read it again and send its ETag')
  }
}

/** The tags of a list (RFC 9110 section 13.1.1). A weak tag is allowed there and matches nothing. */
function parseTags(header: string): string[] {
  const one = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"'
  const list = new RegExp(`^[ \\t]*${one}(?:[ \\t]*,[ \\t]*${one})*[ \\t]*$`)
  if (header.length > longestHeader || !list.test(header)) {
    throw new OAuthError('invalid_request', 'The If-Match header is malformed')
  }
  return [...header.matchAll(new RegExp(one, 'g'))].map(([tag]) => tag)
}

const longestHeader = 1000
