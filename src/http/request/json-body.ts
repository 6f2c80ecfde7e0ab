import type { Static, TSchema } from '@sinclair/typebox'
import { Value, ValueErrorType } from '@sinclair/typebox/value'
import { OAuthError } from '../../protocol/errors.ts'
import { isMembers } from '../../protocol/members.ts'
import { mediaTypeOf, readBody, receiveBody } from './body.ts'

/** The wanted body. The schema decides, and `describe` explains. */
export interface JsonShape<S extends TSchema> {
  readonly schema: S
  /** Default: only application/json. */
  readonly mediaTypes?: readonly string[]
  /** The sentence for the first member that is missing or malformed: `path` is such as `/name`. */
  readonly describe?: (fault: { readonly path: string; readonly missing: boolean }) => string | undefined
}

/**
 * Parses the JSON object in the body of a request. Throws `invalid_request` for another media type, a body that readBody refuses, and a
 * body that does not match the schema. The sentence names the member, and repeats nothing else of the body.
 */
export async function parseJsonBody<S extends TSchema>(
  request: Request,
  { schema, describe, mediaTypes = ['application/json'] }: JsonShape<S>,
): Promise<Static<S>> {
  const value = await readJson(request, mediaTypes)
  if (Value.Check(schema, value)) return value
  const [error] = [...Value.Errors(schema, value)]
  const path = error?.path ?? ''
  // The name is a text of the sender, and people send secrets in the wrong place.
  if (error?.type === ValueErrorType.ObjectAdditionalProperties) throw malformed(unknownField)
  const missing = error?.value === undefined
  throw malformed(describe?.({ path, missing }) ?? explain(path, missing))
}

const unknownField = 'The request body has a field that is not known'

/** Whether a request has a body of any type. */
export function hasBody({ headers }: Request): boolean {
  const length = Number(headers.get('content-length') ?? 0)
  return headers.has('content-type') || headers.has('transfer-encoding') || length > 0
}

/** Receives the JSON body, if there is one, before the sender is authenticated; see receiveBody. */
export async function receiveJson(request: Request): Promise<void> {
  if (hasBody(request)) await receiveBody(request)
}

function explain(path: string, missing: boolean): string {
  const name = path.slice(1).replaceAll('/', '.')
  if (!/^[A-Za-z0-9_.]{1,64}$/.test(name)) return 'The request body is not of the wanted shape'
  return missing ? `Missing required field: ${name}` : `The field ${name} is malformed`
}

async function readJson(request: Request, mediaTypes: readonly string[]): Promise<unknown> {
  if (!mediaTypes.includes(mediaTypeOf(request) ?? '')) throw malformed('The body must be application/json')
  const text = decodeText(await readBody(request))
  const value = decodeJson(text)
  if (isTooDeep(value)) throw malformed('The request body is nested too deeply')
  if (hasRepeatedName(text)) throw malformed('The request body has a field twice')
  if (isMembers(value)) return value
  throw malformed('The request body must be a JSON object')
}

/** Levels of nested objects and lists. */
const deepest = 16

/** Without recursion, because a body of many brackets would exhaust the stack. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= deepest; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
    if (level.length === 0) return false
  }
  return true
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw notJson()
  }
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

/** The message of the parser quotes the body, so it must not reach the log. */
function notJson(): OAuthError {
  return malformed('The request body is malformed', new Error('not JSON in UTF-8'))
}

/**
 * Whether an object of this JSON text has a member twice. JSON.parse takes the last one, and a proxy that looked at the body may have
 * taken the first.
 */
function hasRepeatedName(json: string): boolean {
  const open: Set<unknown>[] = []
  let start: number | undefined
  let text = ''
  for (const { 0: token, index } of json.matchAll(/\\.|["{}:]/g)) {
    if (start !== undefined) {
      if (token !== '"') continue
      text = json.slice(start, index + 1)
      start = undefined
    } else if (token === '"') start = index
    else if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else {
      // A colon stands behind the name of a member, and nowhere else.
      const [names, name] = [open.at(-1), JSON.parse(text)]
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

function malformed(sentence: string, cause?: unknown): OAuthError {
  return new OAuthError('invalid_request', sentence, { cause })
}
