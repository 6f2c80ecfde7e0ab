import { renderCount } from '../../cli/render-count.ts'
import { stylesFor } from '../../cli/style.ts'
import type { Change } from '../../config/changes/compare-configs.ts'
import type { Difference } from '../../config/changes/differences.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { findNeeds } from '../../server/reload/fixed-settings.ts'

interface Plan {
  readonly changes: readonly Change[]
  readonly fixed: readonly string[]
  readonly newProcesses?: readonly string[]
  /** Whether no server was asked, and so it is not known whether it has workers. */
  readonly isOffline: boolean
}

const signs = { added: '+', removed: '-', changed: '~' } as const

export function countChanges({ changes, fixed, newProcesses = [] }: Omit<Plan, 'isOffline'>): number {
  return changes.length + fixed.length + newProcesses.length
}

/** Renders changes for people: one line for each thing, and its settings and effects below it. */
export function renderPlan(plan: Plan, platform: Platform): string {
  const { changes, fixed, newProcesses = [], isOffline } = plan
  const total = countChanges(plan)
  if (total === 0) return 'Nothing changes.\n'
  const { bold } = stylesFor(platform)
  const lines = changes.flatMap((change) => [
    bold(printable(`${signs[change.change]} ${nameOf(change)} ${change.change}`)),
    ...change.settings.map((difference) => `    ${printable(renderDifference(difference))}`),
    ...change.effects.map((effect) => `    => ${effect}`),
  ])
  const handed = newProcesses.map((name) => `! ${name} changes, and new processes take over for it`)
  const changeByWorkers = isOffline ? findNeeds(fixed) : []
  const waiting = fixed.map((name) =>
    changeByWorkers.includes(name)
      ? `! ${name} changes at a restart, and at a reload of a server with workers`
      : `! ${name} changes only at a restart`,
  )
  const stored = 'Tenants and clients that were made by the admin API or by commands stay as they are.'
  return `${[...lines, ...handed, ...waiting].join('\n')}\n\n${renderCount(total, 'change')}. ${stored}\n`
}

function nameOf({ what, tenant, id }: Change): string {
  if (what === 'server') return 'server'
  return what === 'tenant' ? `tenant ${tenant}` : `${what} ${tenant}/${id}`
}

function renderDifference({ setting, before, after, added, removed }: Difference): string {
  if (before !== undefined && after !== undefined) return `${setting}: ${before} -> ${after}`
  const parts = [...(added ?? []).map((item) => `+${item}`), ...(removed ?? []).map((item) => `-${item}`)]
  return parts.length > 0 ? `${setting}: ${parts.join(' ')}` : `${setting} changes`
}
