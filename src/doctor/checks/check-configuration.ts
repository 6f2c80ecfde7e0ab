import { type Fault, renderFault } from '../../config/fault.ts'
import { count, cut, fault, ok, type Verdict, warning } from '../finding.ts'

export interface ReadConfiguration {
  readonly file: string
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** Null: it has faults. */
  readonly tenants: number | null
}

/** The faults and warnings that `grantd check` tells. */
export function checkConfiguration({ file, faults, warnings, tenants }: ReadConfiguration): Verdict[] {
  const told = [
    ...faults.map((each) => fault(renderFault(each))),
    ...warnings.map((each) => warning(renderFault(each))),
  ]
  if (told.length > 0 || tenants === null) return cut(told)
  return [ok(`${file} has ${count(tenants, 'tenant')} and no fault`)]
}
