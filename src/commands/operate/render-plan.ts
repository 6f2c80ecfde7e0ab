import { stylesFor } from '../../cli/style.ts'
import type { Change } from '../../config/changes/compare-configs.ts'
import type { Difference } from '../../config/changes/differences.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'

interface Plan {
  readonly changes: readonly Change[]
  readonly fixed: readonly string[]
}

const signs = { added: '+', removed: '-', changed: '~' } as const

/** Renders changes for people: one line for each thing, and its settings and effects below it. */
export function renderPlan({ changes, fixed }: Plan, platform: Platform): string {
  if (changes.length + fixed.length === 0) return 'Nothing changes.\n'
  const { bold } = stylesFor(platform)
  const lines = changes.flatMap((change) => [
    bold(printable(`${signs[change.change]} ${nameOf(change)} ${change.change}`)),
    ...change.settings.map((difference) => `    ${printable(renderDifference(difference))}`),
    ...change.effects.map((effect) => `    => ${effect}`),
  ])
  const waiting = fixed.map((name) => `! ${name} changes only at a restart`)
  const count = `${changes.length + fixed.length} change${changes.length + fixed.length === 1 ? '' : 's'}`
  const stored = 'Tenants and clients that were made by the admin API or by commands stay as they are.'
  return `${[...lines, ...waiting].join('\n')}\n\n${count}. ${stored}\n`
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
