import { Kind, type TSchema } from '@sinclair/typebox'
import { parseDuration } from '../protocol/duration.ts'
import { formats } from './formats.ts'
import { choiceKind, durationKind } from './schema-kinds.ts'
import { suggest } from './suggest.ts'
import type { ListTree, MapTree, ScalarTree, Tree } from './yaml-tree.ts'

export type Path = readonly (string | number)[]

export type ReportFault = (at: number, message: string) => void

/** `tenants.acme.clients.app.scopes[2]`. */
export function renderPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  )
}

/**
 * The value that `tree` holds by `schema`, with defaults filled in. Each fault is reported and its value is left
 * out (undefined), so that one reading finds them all.
 */
export function readTree(schema: TSchema, tree: Tree, report: ReportFault): unknown {
  return new Reader(report).read(schema, tree, [])
}

class Reader {
  readonly #report: ReportFault

  constructor(report: ReportFault) {
    this.#report = report
  }

  read(schema: TSchema, tree: Tree, path: Path): unknown {
    switch (schema[Kind]) {
      case 'Union':
        return this.#readOrNull(schema, tree, path)
      case 'Object':
        return tree.kind === 'map' ? this.#readObject(schema, tree, path) : this.#refuse(tree, path, 'a map')
      case 'Record':
        return tree.kind === 'map' ? this.#readRecord(schema, tree, path) : this.#refuse(tree, path, 'a map')
      case 'Array':
        return tree.kind === 'list' ? this.#readList(schema, tree, path) : this.#refuse(tree, path, 'a list')
      default:
        return tree.kind === 'scalar'
          ? this.#readScalar(schema, tree, path)
          : this.#refuse(tree, path, 'a single value')
    }
  }

  #readOrNull(schema: TSchema, tree: Tree, path: Path): unknown {
    if (tree.kind === 'scalar' && tree.isNull) return null
    return this.read(schema['anyOf'][0], tree, path)
  }

  #readObject(schema: TSchema, tree: MapTree, path: Path): unknown {
    const properties: Record<string, TSchema> = schema['properties']
    const required: readonly string[] = schema['required'] ?? []
    const known = Object.keys(properties)
    for (const [key, { keyAt }] of tree.entries) {
      if (!known.includes(key)) this.#refuseKey(key, keyAt, path, known)
    }
    const value: Record<string, unknown> = {}
    for (const [key, property] of Object.entries(properties)) {
      const entry = tree.entries.get(key)
      if (entry) value[key] = this.read(property, entry.value, [...path, key])
      else if ('default' in property) value[key] = this.#fill(property, tree.at)
      else if (required.includes(key)) {
        this.#report(tree.at, `${renderPath([...path, key])} is missing; it is required`)
      }
    }
    return value
  }

  /** A default is read like the file, so that the defaults inside it are filled in as well. */
  #fill(schema: TSchema, at: number): unknown {
    const value: unknown = structuredClone(schema['default'])
    const isEmptyMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isEmptyMap) return value
    return this.read(schema, { kind: 'map', at, entries: new Map() }, [])
  }

  #readRecord(schema: TSchema, tree: MapTree, path: Path): unknown {
    const [valueSchema] = Object.values<TSchema>(schema['patternProperties'])
    const keyFormat = formats[schema['keyFormat']]
    // No prototype: a client may be called __proto__.
    const value: Record<string, unknown> = Object.create(null)
    if (!valueSchema) throw new TypeError(`The schema has no rule for the values of ${renderPath(path)}`)
    for (const [key, entry] of tree.entries) {
      const here = [...path, key]
      if (keyFormat && !keyFormat.accepts(key)) {
        this.#report(
          entry.keyAt,
          `${renderPath(path)} has the key ${JSON.stringify(key)}, wanted ${keyFormat.wanted}`,
        )
        continue
      }
      value[key] = this.read(valueSchema, entry.value, here)
    }
    return value
  }

  #readList(schema: TSchema, tree: ListTree, path: Path): unknown {
    if (tree.items.length < (schema['minItems'] ?? 0)) return this.#refuse(tree, path, 'at least one value')
    const values = tree.items.map((item, index) => this.read(schema['items'], item, [...path, index]))
    const seen = new Set<unknown>()
    tree.items.forEach((item, index) => {
      const value = values[index]
      const isRepeated = value !== undefined && seen.has(value)
      seen.add(value)
      if (isRepeated)
        this.#report(item.at, `${renderPath([...path, index])} repeats ${JSON.stringify(value)}`)
    })
    return values
  }

  #readScalar(schema: TSchema, tree: ScalarTree, path: Path): unknown {
    switch (schema[Kind]) {
      case 'Boolean':
        if (tree.text === 'true' || tree.text === 'false') return tree.text === 'true'
        return this.#refuse(tree, path, 'true or false')
      case 'Integer':
        return this.#readInteger(schema, tree, path)
      case durationKind:
        return this.#readDuration(schema, tree, path)
      case choiceKind: {
        const choices: readonly string[] = schema['enum']
        return choices.includes(tree.text) ? tree.text : this.#refuse(tree, path, oneOf(choices))
      }
      default:
        return this.#readText(schema, tree, path)
    }
  }

  #readInteger(schema: TSchema, tree: ScalarTree, path: Path): unknown {
    const number = /^\d{1,15}$/.test(tree.text) ? Number(tree.text) : Number.NaN
    const choices: readonly number[] | undefined = schema['enum']
    if (choices) return choices.includes(number) ? number : this.#refuse(tree, path, oneOf(choices))
    const { minimum, maximum } = schema
    if (number >= minimum && number <= maximum) return number
    return this.#refuse(tree, path, `a whole number from ${minimum} to ${maximum}`)
  }

  #readDuration(schema: TSchema, tree: ScalarTree, path: Path): unknown {
    const seconds = parseDuration(tree.text)
    if (seconds === undefined) return this.#refuse(tree, path, 'seconds, or a duration such as 30s 15m 1h 7d')
    if (seconds >= schema['minimum'] && seconds <= schema['maximum']) return seconds
    return this.#refuse(tree, path, `${schema['minimum']} to ${schema['maximum']} seconds`)
  }

  #readText(schema: TSchema, tree: ScalarTree, path: Path): unknown {
    const format = formats[schema['format'] ?? '']
    if (tree.isNull) return this.#refuse(tree, path, 'a text; quote it if it is meant as one')
    if (tree.text.length < (schema['minLength'] ?? 0))
      return this.#refuse(tree, path, 'a text that is not empty')
    if (!format || format.accepts(tree.text)) return tree.text
    if (!format.secret) return this.#refuse(tree, path, format.wanted)
    this.#report(tree.at, `${renderPath(path)} is malformed, wanted ${format.wanted}`)
    return undefined
  }

  #refuseKey(key: string, keyAt: number, path: Path, known: readonly string[]): void {
    const near = suggest(key, known)
    const hint = near ? `; did you mean ${near}?` : `; the known keys are ${known.join(', ') || 'none'}`
    this.#report(keyAt, `${renderPath([...path, key])} is not a known key${hint}`)
  }

  #refuse(tree: Tree, path: Path, wanted: string): undefined {
    const what = { map: 'a map', list: 'a list', scalar: '' }[tree.kind]
    const found = tree.kind === 'scalar' ? (tree.isNull ? 'null' : quote(tree.text)) : what
    this.#report(tree.at, `${renderPath(path) || 'the file'} is ${found}, wanted ${wanted}`)
    return undefined
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}

function oneOf(choices: readonly (string | number)[]): string {
  return choices.length === 1 ? String(choices[0]) : `one of ${choices.join(' ')}`
}
