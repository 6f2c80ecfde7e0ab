import { OAuthError, sentTwice } from '../../protocol/errors.ts'
import { named } from '../../protocol/finding-words.ts'
import { mediaTypeOf, readBody } from './body.ts'
import { defaultLimits, type RequestLimits } from './request-limits.ts'
import { notesOf } from './request-notes.ts'

/** The parameters of a form, parsed once at the door. */
export interface Form {
  /** The value of a parameter; undefined when it is absent or empty (RFC 6749 section 3.2). */
  get(name: string): string | undefined
  /** Every value of a parameter that may be repeated. */
  getAll(name: string): readonly string[]
}

/** RFC 8707 section 2 allows this parameter more than once. RFC 6749 section 3.2 forbids it for all others. */
const repeatable = new Set(['resource'])

/**
 * Parses the form in the body of a request. Throws `invalid_request` for another media type, a body that readBody refuses, bytes that are
 * not UTF-8, a broken percent-escape, too many parameters and one that is sent twice.
 */
export async function parseForm(request: Request): Promise<Form> {
  return toForm(await parseFormPairs(request))
}

/** Names and values in the order in which they came, decoded. A name may occur more than once. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** Like {@link parseForm}, for a form in which the caller judges a parameter that is sent twice. */
export async function parseFormPairs(request: Request): Promise<Pairs> {
  checkMediaType(mediaTypeOf(request))
  const bytes = await readBody(request)
  return parsePairs(decodeUtf8(bytes), notesOf(request).limits)
}

/** Like {@link parseForm}, for the text of a body. */
export function parseFormText(text: string, limits = defaultLimits): Form {
  return toForm(parsePairs(text, limits))
}

/**
 * The parameters of the query of a URL, in which the caller judges one that is sent twice. Throws `invalid_request` for a broken
 * percent-escape.
 */
export function parseQueryPairs(request: Request): Pairs {
  const { url } = request
  const cut = url.indexOf('?')
  return cut < 0 ? [] : parsePairs(url.slice(cut + 1), notesOf(request).limits)
}

function parsePairs(text: string, { parameters }: RequestLimits): Pairs {
  // Without the second argument of split, which makes it slower. The limit of the body bounds the parts.
  const parts = text.split('&')
  if (parts.length > parameters) throw tooMany(parts.length, parameters)
  return parts
    .filter((pair) => pair !== '')
    .map((pair) => {
      const cut = pair.indexOf('=')
      const name = decodeComponent(cut < 0 ? pair : pair.slice(0, cut))
      return [name, cut < 0 ? '' : decodeComponent(pair.slice(cut + 1))] as const
    })
}

function tooMany(count: number, limit: number): OAuthError {
  return new OAuthError('invalid_request', 'There are too many parameters', {
    finding: {
      check: 'limit of parameters',
      saw: `${count} parameters`,
      wanted: `at most ${limit} (server.connections.form_parameters)`,
    },
  })
}

/** Throws `invalid_request` for a parameter that occurs twice. */
export function toForm(pairs: Pairs): Form {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const known = values.get(name)
    if (!known) values.set(name, [value])
    else if (repeatable.has(name)) known.push(value)
    else throw sentTwice(name)
  }
  return {
    get: (name) => values.get(name)?.[0] || undefined,
    getAll: (name) => values.get(name)?.filter((value) => value !== '') ?? [],
  }
}

/** Any other text may be something in the wrong header. */
const shownType = /^(?:application|multipart|text)\/[a-z0-9.+-]{1,40}$/

function checkMediaType(mediaType: string | undefined): void {
  if (mediaType === 'application/x-www-form-urlencoded') return
  const saw =
    mediaType === undefined
      ? 'no Content-Type'
      : `Content-Type ${shownType.test(mediaType) ? mediaType : named(mediaType, [])}`
  throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded', {
    finding: { check: 'body', saw, wanted: 'a form: application/x-www-form-urlencoded' },
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw malformed(cause)
  }
}

/** Decodes `+` and percent-escapes. Throws `invalid_request` if the strict decoder of the platform throws. */
export function decodeComponent(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw malformed(cause)
  }
}

function malformed(cause: unknown): OAuthError {
  return new OAuthError('invalid_request', 'The request body is malformed', { cause })
}
