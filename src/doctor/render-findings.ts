import { hasColours, type StyleHost, stylesFor } from '../cli/style.ts'
import { printable } from '../printable.ts'
import type { Finding, State } from './finding.ts'

const words: Readonly<Record<State, string>> = { ok: 'ok', warning: 'warn', fault: 'FAULT', unknown: '-' }
const signs: Readonly<Record<State, string>> = { ok: '✓', warning: '!', fault: '✗', unknown: '-' }

/** One line for each finding, and one for the whole. Signs and colours on a terminal, words elsewhere. */
export function renderFindings(findings: readonly Finding[], host: StyleHost): string {
  const { green, yellow, red } = stylesFor(host)
  const paint = { ok: green, warning: yellow, fault: red, unknown: (text: string) => text }
  const [marks, size] = hasColours(host) ? [signs, 1] : [words, 5]
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(({ check, state, message }) => {
    const mark = paint[state](marks[state].padEnd(size))
    return `${mark}  ${check.padEnd(width)}  ${printable(message)}\n`
  })
  return `${lines.join('')}${renderSum(findings)}\n`
}

function renderSum(findings: readonly Finding[]): string {
  const counts = { ok: 0, warning: 0, fault: 0, unknown: 0 }
  for (const { state } of findings) counts[state]++
  const { fault, warning, unknown } = counts
  if (fault > 0) return `${fault} to mend, ${warning} to look at, ${unknown} not checked`
  if (warning > 0) return `nothing to mend, ${warning} to look at, ${unknown} not checked`
  return unknown > 0 ? `nothing to mend, ${unknown} not checked` : 'nothing to mend'
}
