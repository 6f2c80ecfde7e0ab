import { type Family, families, familyOf, type Merge } from './metric-families.ts'

/** Values by name and labels, in the form of the Prometheus text format: `name{label="value"}`. */
export type Samples = Readonly<Record<string, number>>

/** The formats of an exposition. OpenMetrics 1.0 names a counter without `_total`, and ends with a mark. */
export type Exposition = 'text' | 'openmetrics'

export const contentTypes: Readonly<Record<Exposition, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** The metric that says which build runs: always 1. */
export function buildSamples({ version, commit }: { version: string; commit: string }): Samples {
  return { [`grantd_build_info{version="${version}",commit="${commit}"}`]: 1 }
}

const merges: Readonly<Record<Merge, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
}

/** Adds the samples of several processes. A gauge becomes the sum, the largest or the smallest, as its family says. */
export function addSamples(all: readonly Samples[]): Samples {
  const sum: Record<string, number> = {}
  for (const samples of all) {
    for (const [key, value] of Object.entries(samples)) {
      const before = sum[key]
      sum[key] = before === undefined ? value : merges[familyOf(nameOf(key))?.merge ?? 'sum'](before, value)
    }
  }
  return sum
}

/** The samples that stay after the end of their process: counters, which must never go back. Memory is left out. */
export function withoutGauges(samples: Samples): Samples {
  return Object.fromEntries(
    Object.entries(samples).filter(([key]) => familyOf(nameOf(key))?.type !== 'gauge'),
  )
}

/** The text format of Prometheus, version 0.0.4, or OpenMetrics 1.0. */
export function renderSamples(samples: Samples, exposition: Exposition = 'text'): string {
  const lines = new Map<Family, string[]>()
  for (const [key, value] of Object.entries(samples)) {
    const family = familyOf(nameOf(key))
    if (!family) continue
    const line = `${exposition === 'openmetrics' ? withFloatBound(key) : key} ${value}`
    const list = lines.get(family)
    if (list) list.push(line)
    else lines.set(family, [line])
  }
  const shown = families
    .filter((family) => lines.has(family))
    .map((family) => {
      const name = exposition === 'openmetrics' ? family.name.replace(/_total$/, '') : family.name
      const head = [`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`]
      return [...head, ...(lines.get(family) ?? []), ''].join('\n')
    })
    .join('')
  return exposition === 'openmetrics' ? `${shown}# EOF\n` : shown
}

/** OpenMetrics writes the bound of a bucket as a float: `le="1.0"`. */
function withFloatBound(key: string): string {
  return key.replace(/le="(\d+)"/, 'le="$1.0"')
}

function nameOf(key: string): string {
  const end = key.indexOf('{')
  return end < 0 ? key : key.slice(0, end)
}

/** Renders labels of the text format: `{a="1",b="2"}`. */
export function renderLabels(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${quote(value)}`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`
}
