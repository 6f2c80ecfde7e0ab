import { Kind, type TSchema } from '@sinclair/typebox'
import { parseDuration } from '../../protocol/duration.ts'
import { formats } from '../formats.ts'
import { choiceKind, durationKind, jsonKind } from '../schema-kinds.ts'
import { type ObjectShape, shapeOf } from '../schema-shapes.ts'
import { adviseOnKey } from './misplaced-key.ts'
import type { Nodes } from './nodes.ts'
import { findPlaceholder } from './placeholders.ts'

export type Path = readonly (string | number)[]

export type ReportFault = (at: number, message: string) => void

/** `tenants.acme.clients.app.scopes[2]`. */
export function renderPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  )
}

export interface ReadOptions<N> {
  readonly nodes: Nodes<N>
  readonly report: ReportFault
}

/**
 * Reads the value of `root` by `schema` and fills in defaults. It reports each fault and makes that value undefined, so that one reading
 * finds all faults.
 */
export function readNode<N>(schema: TSchema, root: N, options: ReadOptions<N>): unknown {
  return new Reader(options).read(schema, root, undefined)
}

/** The path to a value, as a chain from its end. Each value has one and few are printed, so a chain is cheaper than a list. */
interface Step {
  readonly parent: Step | undefined
  readonly key: string | number
}

function render(step: Step | undefined): string {
  const path: (string | number)[] = []
  for (let at = step; at; at = at.parent) path.unshift(at.key)
  return renderPath(path)
}

/** A JSON literal without quotes, except null. */
const jsonLiteral = /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

class Reader<N> {
  readonly #nodes: Nodes<N>
  readonly #report: ReportFault
  /** Lists of texts, one copy of each. Many clients have the same list, and a frozen list takes more memory than a client. */
  readonly #lists = new Map<string, readonly unknown[]>()

  constructor({ nodes, report }: ReadOptions<N>) {
    this.#nodes = nodes
    this.#report = report
  }

  read(schema: TSchema, node: N, step: Step | undefined): unknown {
    const kind = this.#nodes.kindOf(node)
    switch (schema[Kind]) {
      case 'Union':
        return this.#nodes.isNull(node) ? null : this.read(schema['anyOf'][0], node, step)
      case jsonKind:
        return this.#readJson(node, step)
      case 'Object':
        return kind === 'map' ? this.#readObject(schema, node, step) : this.#refuseKind(node, step, 'a map')
      case 'Record':
        return kind === 'map' ? this.#readRecord(schema, node, step) : this.#refuseKind(node, step, 'a map')
      case 'Array':
        return kind === 'list' ? this.#readList(schema, node, step) : this.#refuseKind(node, step, 'a list')
      default:
        return kind === 'scalar'
          ? this.#readScalar(schema, node, step)
          : this.#refuseKind(node, step, 'a single value')
    }
  }

  #readObject(schema: TSchema, map: N, parent: Step | undefined): unknown {
    const nodes = this.#nodes
    const shape = shapeOf(schema)
    if (shape.blank) return this.#readOver(shape.blank, map, { parent, shape })
    for (const key of nodes.keysOf(map)) {
      if (!shape.names.has(key)) this.#refuseKey(key, map, { parent, shape })
    }
    const value: Record<string, unknown> = {}
    for (const { key, schema: property, hasDefault, fallback, isRequired } of shape.properties) {
      const found = nodes.find(map, key)
      if (found !== undefined) value[key] = this.read(property, found, { parent, key })
      else if (hasDefault) value[key] = fallback
      else if (isRequired)
        this.#report(nodes.placeOf(map), `${render({ parent, key })} is missing; it is required`)
    }
    return value
  }

  /** Reads only the keys that are there, because most keys of a client are left out. */
  #readOver(
    blank: Readonly<Record<string, unknown>>,
    map: N,
    { parent, shape }: { parent: Step | undefined; shape: ObjectShape },
  ): unknown {
    const value: Record<string, unknown> = { ...blank }
    for (const key of this.#nodes.keysOf(map)) {
      const property = shape.names.get(key)
      const found = this.#nodes.find(map, key)
      if (!property) this.#refuseKey(key, map, { parent, shape })
      else if (found !== undefined) value[key] = this.read(property.schema, found, { parent, key })
    }
    return value
  }

  #readRecord(schema: TSchema, map: N, parent: Step | undefined): unknown {
    const nodes = this.#nodes
    const [valueSchema] = Object.values<TSchema>(schema['patternProperties'])
    const keyFormat = formats[schema['keyFormat']]
    // A map without a prototype, because a client may be called __proto__.
    const value: Record<string, unknown> = Object.create(null)
    if (!valueSchema) throw new TypeError(`The schema has no rule for the values of ${render(parent)}`)
    for (const key of nodes.keysOf(map)) {
      if (keyFormat && !keyFormat.accepts(key)) {
        this.#report(
          nodes.placeOfKey(map, key),
          `${render(parent)} has the key ${JSON.stringify(key)}, wanted ${keyFormat.wanted}`,
        )
        continue
      }
      this.#refusePlaceholderKey(map, key, parent)
      const found = nodes.find(map, key)
      if (found !== undefined) value[key] = this.read(valueSchema, found, { parent, key })
    }
    return value
  }

  #refusePlaceholderKey(map: N, key: string, parent: Step | undefined): void {
    const placeholder = findPlaceholder(key)
    if (placeholder === undefined) return
    const message = `${render(parent)} has a key with ${placeholder}, which grantd does not fill in; write the key itself`
    this.#report(this.#nodes.placeOfKey(map, key), message)
  }

  #readJson(node: N, step: Step | undefined): unknown {
    const nodes = this.#nodes
    switch (nodes.kindOf(node)) {
      case 'list':
        return nodes.itemsOf(node).map((item, key) => this.#readJson(item, { parent: step, key }))
      case 'map':
        return Object.fromEntries(
          [...nodes.keysOf(node)].map((key) => [key, this.#readJsonMember(node, key, step)]),
        )
      default:
        return this.#readJsonScalar(node, step)
    }
  }

  #readJsonMember(map: N, key: string, parent: Step | undefined): unknown {
    this.#refusePlaceholderKey(map, key, parent)
    const found = this.#nodes.find(map, key)
    return found === undefined ? undefined : this.#readJson(found, { parent, key })
  }

  #readJsonScalar(node: N, step: Step | undefined): unknown {
    const text = this.#nodes.textOf(node)
    if (this.#nodes.isNull(node)) return null
    if (jsonLiteral.test(text) && this.#nodes.isPlain(node)) return JSON.parse(text)
    return this.#withoutPlaceholder(text, node, step)
  }

  #readList(schema: TSchema, list: N, parent: Step | undefined): unknown {
    const items = this.#nodes.itemsOf(list)
    if (items.length < (schema['minItems'] ?? 0)) return this.#refuseKind(list, parent, 'at least one value')
    const values = items.map((item, key) => this.read(schema['items'], item, { parent, key }))
    const text = values.every((value) => typeof value === 'string') ? JSON.stringify(values) : undefined
    const known = text === undefined ? undefined : this.#lists.get(text)
    if (known) return known
    const isRepeating = this.#reportRepeats(items, values, parent)
    if (text !== undefined && !isRepeating) this.#lists.set(text, Object.freeze(values))
    return values
  }

  #reportRepeats(items: readonly N[], values: readonly unknown[], parent: Step | undefined): boolean {
    const seen = new Set<unknown>()
    let isRepeating = false
    for (const [key, item] of items.entries()) {
      const value = values[key]
      const isRepeated = value !== undefined && seen.has(value)
      seen.add(value)
      if (!isRepeated) continue
      isRepeating = true
      const at = this.#nodes.placeOf(item)
      this.#report(at, `${render({ parent, key })} repeats ${JSON.stringify(value)}`)
    }
    return isRepeating
  }

  #readScalar(schema: TSchema, node: N, step: Step | undefined): unknown {
    const text = this.#nodes.textOf(node)
    switch (schema[Kind]) {
      case 'Boolean':
        if (text === 'true' || text === 'false') return text === 'true'
        return this.#refuse(node, step, 'true or false')
      case 'Integer':
        return this.#readInteger(schema, node, step)
      case durationKind:
        return this.#readDuration(schema, node, step)
      case choiceKind: {
        const choices: readonly string[] = schema['enum']
        // Returns our own string: a slice of the file would keep the whole file in memory.
        return choices.find((choice) => choice === text) ?? this.#refuse(node, step, oneOf(choices))
      }
      default:
        return this.#readText(schema, node, step)
    }
  }

  #readInteger(schema: TSchema, node: N, step: Step | undefined): unknown {
    const text = this.#nodes.textOf(node)
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    const choices: readonly number[] | undefined = schema['enum']
    if (choices) return choices.includes(number) ? number : this.#refuse(node, step, oneOf(choices))
    const { minimum, maximum } = schema
    if (number >= minimum && number <= maximum) return number
    return this.#refuse(node, step, `a whole number from ${minimum} to ${maximum}`)
  }

  #readDuration(schema: TSchema, node: N, step: Step | undefined): unknown {
    const seconds = parseDuration(this.#nodes.textOf(node))
    if (seconds === undefined) return this.#refuse(node, step, 'seconds, or a duration such as 30s 15m 1h 7d')
    if (seconds >= schema['minimum'] && seconds <= schema['maximum']) return seconds
    return this.#refuse(node, step, `${schema['minimum']} to ${schema['maximum']} seconds`)
  }

  #readText(schema: TSchema, node: N, step: Step | undefined): unknown {
    const text = this.#nodes.textOf(node)
    const format = formats[schema['format'] ?? '']
    if (this.#nodes.isNull(node)) return this.#refuse(node, step, 'a text; quote it if it is meant as one')
    if (text.length < (schema['minLength'] ?? 0)) return this.#refuse(node, step, 'a text that is not empty')
    if (!format || format.accepts(text)) return this.#withoutPlaceholder(text, node, step)
    if (!format.secret) return this.#refuse(node, step, format.wanted)
    this.#report(this.#nodes.placeOf(node), `${render(step)} is malformed, wanted ${format.wanted}`)
    return undefined
  }

  /** Refuses placeholders. Secrets and passwords are checked later, with those of files and variables (secret-faults.ts). */
  #withoutPlaceholder(text: string, node: N, step: Step | undefined): string | undefined {
    const placeholder = findPlaceholder(text)
    if (placeholder === undefined || step?.key === 'secret' || step?.key === 'password') return text
    const message = `${render(step)} has ${placeholder} in it, which grantd does not fill in; write the value itself`
    this.#report(this.#nodes.placeOf(node), message)
    return undefined
  }

  #refuseKey(key: string, map: N, { parent, shape }: { parent: Step | undefined; shape: ObjectShape }): void {
    const advice = adviseOnKey(key, { shape, parent: parent?.key })
    // A comma cuts a hash without quotes into keys, and a message must not have parts of a hash.
    const shown = key.includes('$') ? '...' : key
    this.#report(
      this.#nodes.placeOfKey(map, key),
      `${render({ parent, key: shown })} is not a known key; ${advice}`,
    )
  }

  /** Does not show a value in the place of a map or a list, because it may be a secret: `secrets: [correct-horse]`. */
  #refuseKind(node: N, step: Step | undefined, wanted: string): undefined {
    const kind = { map: 'a map', list: 'a list', scalar: 'a single value' }[this.#nodes.kindOf(node)]
    return this.#refuseFound(node, step, { found: this.#nodes.isNull(node) ? 'null' : kind, wanted })
  }

  #refuse(node: N, step: Step | undefined, wanted: string): undefined {
    const nodes = this.#nodes
    const found = nodes.isNull(node) ? 'null' : quote(nodes.textOf(node))
    return this.#refuseFound(node, step, { found, wanted })
  }

  #refuseFound(
    node: N,
    step: Step | undefined,
    { found, wanted }: { readonly found: string; readonly wanted: string },
  ): undefined {
    this.#report(this.#nodes.placeOf(node), `${render(step) || 'the file'} is ${found}, wanted ${wanted}`)
    return undefined
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}

function oneOf(choices: readonly (string | number)[]): string {
  return choices.length === 1 ? String(choices[0]) : `one of ${choices.join(' ')}`
}
