import type { Static, TObject } from '@sinclair/typebox'
import { shapeOf } from '../schema-shapes.ts'
import { deepFreeze } from './deep-freeze.ts'
import { restoreMaps } from './restore-maps.ts'

export interface MemberPacking<T> {
  /** One line. */
  pack(value: T): string
  /** Frozen. */
  unpack(line: string): T
}

/**
 * Writes values of one schema down as what differs from a value of which nothing is said, by the place of each property in the schema:
 * of a hundred thousand clients most say little. Every property of the schema is packed, one without a default too.
 */
export function createMemberPacking<S extends TObject>(schema: S): MemberPacking<Static<S>> {
  const { properties } = shapeOf(schema)
  const blank = Object.fromEntries(
    properties.filter(({ hasDefault }) => hasDefault).map(({ key, fallback }) => [key, fallback]),
  )
  return {
    pack(value: Readonly<Record<string, unknown>>) {
      const members: unknown[] = []
      for (const [at, { key, fallback }] of properties.entries())
        if (value[key] !== fallback) members.push(at, value[key])
      // JSON has no end of line in it.
      return JSON.stringify(members)
    },
    unpack(line) {
      const members: readonly unknown[] = JSON.parse(line)
      const value: Record<string, unknown> = { ...blank }
      for (let at = 0; at < members.length; at += 2) {
        const property = properties[Number(members[at])]
        if (property) value[property.key] = restoreMaps(property.schema, members[at + 1])
      }
      return deepFreeze(value) as Static<S>
    },
  }
}
