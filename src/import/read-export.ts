import type { Hashing } from '../platform/hashing.ts'
import { parseJson } from '../protocol/members.ts'
import { readAuth0 } from './from-auth0.ts'
import { readHydra } from './from-hydra.ts'
import { readKeycloak } from './from-keycloak.ts'
import { ImportError, type PlannedTenant } from './import-plan.ts'

/** The servers whose exports are read, and their readers. */
const readers = { keycloak: readKeycloak, hydra: readHydra, auth0: readAuth0 } as const

export type ForeignServer = keyof typeof readers

export const foreignServers = Object.keys(readers) as readonly ForeignServer[]

/**
 * Reads the text of an export: JSON, JSON lines, or what `parseOther` reads. Throws {@link ImportError} for a text that is none, or is of
 * another program.
 */
export function readExport(
  text: string,
  {
    from,
    hashing,
    parseOther,
  }: { from: ForeignServer; hashing: Hashing; parseOther: (text: string) => unknown },
): PlannedTenant[] {
  const value = parseJson(text) ?? parseLines(text) ?? parseOther(text)
  if (value === undefined) throw new ImportError('it is neither JSON nor JSON lines nor YAML')
  return readers[from](value, hashing)
}

/** One JSON object on each line. */
function parseLines(text: string): unknown[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (!lines[0]?.startsWith('{')) return undefined
  const values = lines.map(parseJson)
  return values.includes(undefined) ? undefined : values
}
