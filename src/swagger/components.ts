/** A value of JSON. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = { readonly [name: string]: Json }

/** The named parts of a document, by their kind. */
export type Components = Readonly<Record<'schemas' | 'responses', JsonObject>>

/** Marks an answer that several routes have, so that the document holds it once; see `shared` in http/openapi-parts.ts. */
const sharedMark = 'x-shared'

/**
 * Moves each schema with a title and each shared answer into the components of the document, and refers to them elsewhere. Throws
 * TypeError if two different ones have the same name.
 */
export function withComponents(document: JsonObject): JsonObject {
  const found = { schemas: new Map<string, Json>(), responses: new Map<string, Json>() }
  const keep = (kind: keyof Components, name: string, value: Json): Json => {
    const known = found[kind].get(name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)) {
      throw new TypeError(`Two different ${kind} of the OpenAPI document have the name ${name}`)
    }
    found[kind].set(name, value)
    return { $ref: `#/components/${kind}/${name}` }
  }
  const walk = (value: Json): Json => {
    if (isList(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const walked = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each)]))
    const { title, [sharedMark]: shared, ...rest } = walked
    if (typeof shared === 'string') return keep('responses', shared, rest)
    return typeof title === 'string' && walked['type'] === 'object' ? keep('schemas', title, rest) : walked
  }
  const paths = walk(document['paths'] ?? {})
  const components = {
    schemas: sorted(found.schemas),
    responses: sorted(found.responses),
  }
  return { ...document, paths, components }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function sorted(entries: ReadonlyMap<string, Json>): JsonObject {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
