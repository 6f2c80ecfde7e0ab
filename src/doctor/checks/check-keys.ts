import { renderFault } from '../../config/fault.ts'
import type { KeyFindings } from '../../offline/inspect-keys.ts'
import { count, cut, fault, ok, unknown, type Verdict, warning } from '../finding.ts'

/** The keys that a server would open, and who can reach their files. Undefined: they could not be looked at. */
export function checkKeys(found: KeyFindings | undefined): Verdict[] {
  if (!found) return [unknown('the keys were not looked at, because the storage was not read')]
  const { complaints, faults, exposures, reports } = found
  const bad = [
    ...[...faults.map(renderFault), ...complaints].map((complaint) => fault(complaint)),
    ...exposures.map(({ path, complaint }) => warning(`${path} ${complaint}`)),
  ]
  if (bad.length > 0) return cut(bad)
  const made = reports.flatMap(({ keys }) => keys)
  const without = reports.filter(({ keys }) => keys.length === 0).length
  const later = without > 0 ? `; ${count(without, 'tenant')} without one yet, made at the start` : ''
  return [ok(`${count(made.length, 'key')} of ${count(reports.length, 'tenant')} can be used${later}`)]
}
