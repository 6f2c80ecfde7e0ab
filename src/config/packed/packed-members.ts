import type { Static, TObject } from '@sinclair/typebox'
import { shapeOf } from '../schema-shapes.ts'
import { deepFreeze } from './deep-freeze.ts'
import { restoreMaps } from './restore-maps.ts'

export interface MemberPacking<T> {
  /** Returns one line. */
  pack(value: T): string
  /** Returns a frozen value. */
  unpack(line: string): T
}

/**
 * Writes a value as its differences from the defaults, because most clients differ little. Each difference has the number of its property
 * in the schema. Properties without a default are packed too.
 */
export function createMemberPacking<S extends TObject>(schema: S): MemberPacking<Static<S>> {
  const { properties } = shapeOf(schema)
  const blank = Object.fromEntries(
    properties.filter(({ hasDefault }) => hasDefault).map(({ key, fallback }) => [key, fallback]),
  )
  return {
    pack(value: Readonly<Record<string, unknown>>) {
      const members: unknown[] = []
      // Not properties.entries(), which makes a pair for each property of each of a hundred thousand clients.
      let at = 0
      for (const { key, fallback } of properties) {
        if (value[key] !== fallback) members.push(at, value[key])
        at++
      }
      // JSON.stringify writes no line end.
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
