import type { Results, ScenarioResult } from '../results.ts'
import { colours, line, rectangle, renderSvg, text } from './svg.ts'
import { formatNumber } from './table.ts'

const width = 860
const left = 270
const right = 70
const bar = 16
const gap = 6

/** Tokens a second of every contender, a block of bars for each algorithm, each block with a scale of its own. */
export function plotRates({ scenarios }: Pick<Results, 'scenarios'>): string {
  const shapes: string[] = [text({ x: 16, y: 24 }, 'Tokens a second, 32 connections', { bold: true })]
  let y = 44
  for (const name of ['rs256', 'es256', 'eddsa']) {
    const scenario = scenarios.find((candidate) => candidate.name === name)
    if (!scenario) continue
    const bars = listBars(scenario)
    shapes.push(text({ x: 16, y: y + 12 }, name.toUpperCase(), { bold: true }))
    const top = y + 22
    shapes.push(...drawBars(bars, top))
    y = top + bars.length * (bar + gap) + 16
  }
  return renderSvg({ width, height: y }, shapes)
}

interface Bar {
  readonly name: string
  readonly value: number
  readonly colour: string
}

function listBars({ rows, limit }: ScenarioResult): Bar[] {
  const colourOf = { grantd: colours[0], peer: colours[4], limit: colours[1], before: colours[6] }
  const bars = rows.map(({ name, kind, perSecond }) => ({
    name,
    value: perSecond,
    colour: colourOf[kind] ?? '#000000',
  }))
  // OpenSSL signs so much faster than anybody answers that beside it nothing could be told apart, but for RSA.
  const most = Math.max(...bars.map(({ value }) => value))
  if (limit && limit.perSecond < 3 * most)
    bars.push({ name: limit.name, value: limit.perSecond, colour: colourOf.limit ?? '#000000' })
  return bars
}

function drawBars(bars: readonly Bar[], top: number): string[] {
  const most = Math.max(...bars.map(({ value }) => value))
  const bottom = top + bars.length * (bar + gap)
  return [
    line({ x: left, y: top - 4 }, { x: left, y: bottom }),
    ...bars.flatMap(({ name, value, colour }, index) => {
      const y = top + index * (bar + gap)
      const length = (value / most) * (width - left - right)
      return [
        text({ x: left - 8, y: y + 12 }, name, { anchor: 'end' }),
        rectangle({ x: left, y }, { width: length, height: bar }, colour),
        text({ x: left + length + 6, y: y + 12 }, formatNumber(value)),
      ]
    }),
  ]
}
