import type { Results, TenantPoint } from '../results.ts'
import { colours, curve, line, type Point, rectangle, renderSvg, text } from './svg.ts'
import { formatNumber } from './table.ts'

const panel = { width: 300, height: 220 }
const margin = { left: 56, top: 64, bottom: 44, right: 20 }

interface Panel {
  readonly title: string
  readonly pick: (point: TenantPoint) => number
}

const panels: readonly Panel[] = [
  { title: 'First token after exec, ms', pick: ({ firstToken }) => firstToken },
  { title: 'RSS idle, MB', pick: ({ rssIdle }) => rssIdle },
  { title: 'Tokens a second', pick: ({ perSecond }) => perSecond },
]

/** What so many tenants cost, out of config.yaml and out of the storage: three panels, both axes logarithmic. */
export function plotTenants({ scenarios }: Pick<Results, 'scenarios'>): string {
  const points = scenarios.find(({ name }) => name === 'tenants')?.tenants ?? []
  const step = panel.width + margin.left + margin.right
  const shapes = panels.flatMap((each, index) => drawPanel(each, points, index * step + margin.left))
  return renderSvg({ width: step * panels.length, height: margin.top + panel.height + margin.bottom }, [
    text({ x: 16, y: 24 }, 'Cost against the number of tenants, 10 clients each', { bold: true }),
    ...legend(),
    ...shapes,
  ])
}

const sources = ['config.yaml', 'storage'] as const

function legend(): string[] {
  return sources.flatMap((source, index) => {
    const x = 420 + index * 120
    return [
      rectangle({ x, y: 15 }, { width: 10, height: 10 }, colours[index] ?? ''),
      text({ x: x + 16, y: 24 }, source),
    ]
  })
}

function drawPanel({ title, pick }: Panel, points: readonly TenantPoint[], left: number): string[] {
  const values = points.map(pick).filter((value) => value > 0)
  const counts = points.map(({ tenants }) => tenants)
  const lowest = 10 ** Math.floor(Math.log10(Math.min(...values)))
  const highest = 10 ** Math.ceil(Math.log10(Math.max(...values) + 1))
  const bottom = margin.top + panel.height
  const x = scale(Math.min(...counts), Math.max(...counts), { from: left, to: left + panel.width })
  const y = scale(lowest, highest, { from: bottom, to: margin.top })
  const place = (point: TenantPoint): Point => ({ x: x(point.tenants), y: y(pick(point)) })
  return [
    text({ x: left, y: margin.top - 12 }, title, { bold: true }),
    ...powersOfTen(lowest, highest).flatMap((value) => [
      line({ x: left, y: y(value) }, { x: left + panel.width, y: y(value) }),
      text({ x: left - 6, y: y(value) + 4 }, formatTick(value), { anchor: 'end' }),
    ]),
    ...[...new Set(counts)].map((count) =>
      text({ x: x(count), y: bottom + 18 }, count.toLocaleString('en'), { anchor: 'middle' }),
    ),
    text({ x: left + panel.width / 2, y: bottom + 36 }, 'tenants', { anchor: 'middle' }),
    ...sources.map((source, index) =>
      curve(
        points.filter((point) => point.source === source && pick(point) > 0).map(place),
        colours[index] ?? '',
      ),
    ),
  ]
}

function scale(low: number, high: number, { from, to }: { from: number; to: number }) {
  const span = Math.log10(high) - Math.log10(low) || 1
  return (value: number) => from + ((Math.log10(value) - Math.log10(low)) / span) * (to - from)
}

function powersOfTen(low: number, high: number): number[] {
  const count = Math.round(Math.log10(high / low))
  return Array.from({ length: count + 1 }, (_, index) => low * 10 ** index)
}

function formatTick(value: number): string {
  return value >= 1 ? value.toLocaleString('en') : formatNumber(value)
}
