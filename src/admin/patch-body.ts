import { Type } from '@sinclair/typebox'
import { parseJsonBody } from '../http/request/json-body.ts'

const anyObject = Type.Record(Type.String(), Type.Unknown())

/** The members of a JSON object, not checked yet: the room that knows the settings checks them. Throws `invalid_request`. */
export function parseMembers(request: Request): Promise<Readonly<Record<string, unknown>>> {
  return parseJsonBody(request, { schema: anyObject })
}

/** Like {@link parseMembers}, for a merge patch (RFC 7396). */
export function parsePatch(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const mediaTypes = ['application/json', 'application/merge-patch+json']
  return parseJsonBody(request, { schema: anyObject, mediaTypes })
}
