import { DeadlinePassed } from '../../async/deadlines.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { notesOf } from './request-notes.ts'

/** The type in Content-Type, without its parameters and in lower case. */
export function mediaTypeOf({ headers }: Request): string | undefined {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
}

/** RFC 9110 section 15.5.9 */
export const requestTimeout = 408

/**
 * Reads the whole body. Throws `invalid_request` for a body that breaks off and, with status 413, for one over the limit, and with 408 for
 * one that takes too long.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  const { body: limit, bodyDeadlines } = notesOf(request).limits
  const held = received.get(request)
  if (held) return held
  try {
    const read = readLimited(request, limit)
    return await (bodyDeadlines?.keep(read) ?? read)
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause
    if (cause instanceof DeadlinePassed) throw tooSlow()
    throw new OAuthError('invalid_request', 'The request body broke off', { cause })
  }
}

/** Bodies that {@link receiveBody} read. */
const received = new WeakMap<Request, Uint8Array>()

/**
 * Receives the whole body, so that {@link readBody} returns it later. Routes with a bearer token call this before they check the token:
 * otherwise a slow body would keep a request alive after its token is revoked. Throws what readBody throws.
 */
export async function receiveBody(request: Request): Promise<void> {
  received.set(request, await readBody(request))
}

/** No async function, because each of them costs a request a turn more. */
function readLimited(request: Request, limit: number): Promise<Uint8Array> {
  const declared = parseLength(request.headers.get('content-length'))
  if (declared !== undefined && declared > limit) throw tooLarge(limit)
  if (declared !== undefined && !request.headers.has('transfer-encoding')) return readDeclared(request, limit)
  return request.body ? readStream(request.body, limit) : Promise.resolve(new Uint8Array())
}

/** Undefined for a text that is not a number of bytes. */
function parseLength(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Reads a body of declared length. The server passes no more than that, but the limit is checked too. */
async function readDeclared(request: Request, limit: number): Promise<Uint8Array> {
  const whole = new Uint8Array(await request.arrayBuffer())
  if (whole.length > limit) throw tooLarge(limit)
  return whole
}

async function readStream(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length
    if (size > limit) {
      await reader.cancel()
      throw tooLarge(limit)
    }
    chunks.push(read.value)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

function tooSlow(): OAuthError {
  return new OAuthError('invalid_request', 'The request body took too long', { status: requestTimeout })
}

function tooLarge(limit: number): OAuthError {
  return new OAuthError('invalid_request', 'The request body is too large', {
    status: 413,
    finding: {
      check: 'limit of the body',
      saw: `more than ${limit} bytes`,
      wanted: `at most ${limit} (server.connections.body_bytes)`,
    },
  })
}
