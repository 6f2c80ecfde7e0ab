import { OAuthError } from '../protocol/errors.ts'

/** The whole body of at most `limit` bytes. Throws `invalid_request` with status 413 for a longer one. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared > limit) throw tooLarge()
  // The server hands over no more than was declared, so this cannot grow.
  if (declared <= limit) return new Uint8Array(await request.arrayBuffer())
  return request.body ? readStream(request.body, limit) : new Uint8Array()
}

async function readStream(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length
    if (size > limit) {
      await reader.cancel()
      throw tooLarge()
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

function tooLarge(): OAuthError {
  return new OAuthError('invalid_request', 'The request body is too large', { status: 413 })
}
