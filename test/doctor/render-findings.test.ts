import { expect, test } from 'bun:test'
import type { Finding } from '../../src/doctor/finding.ts'
import { renderFindings } from '../../src/doctor/render-findings.ts'

const findings: Finding[] = [
  { check: 'clock', state: 'ok', message: 'it agrees' },
  { check: 'disk', state: 'warning', message: 'it is full\u001b[2J' },
  { check: 'descriptors', state: 'fault', message: 'none' },
  { check: 'tls', state: 'unknown', message: 'not seen' },
]
const host = (isTerminal: boolean, variables: Record<string, string> = {}) => ({
  isTerminal,
  environment: (name: string) => variables[name],
})

test('words where there is no terminal, and no control character', () => {
  const text = [
    'ok     clock        it agrees',
    'warn   disk         it is full\\u001b[2J',
    'FAULT  descriptors  none',
    '-      tls          not seen',
    '1 to mend, 1 to look at, 1 not checked',
    '',
  ].join('\n')
  expect(renderFindings(findings, host(false))).toBe(text)
  expect(renderFindings(findings, host(true, { NO_COLOR: '1' }))).toBe(text)
})

test('green and red signs on a terminal', () => {
  const text = renderFindings(findings, host(true))
  expect(text).toStartWith('\u001b[32m✓\u001b[0m  clock        it agrees\n\u001b[33m!\u001b[0m  disk ')
  expect(text).toContain('\u001b[31m✗\u001b[0m  descriptors  none\n-  tls ')
})

test('the last line says whether there is something to do', () => {
  const last = (...chosen: number[]) =>
    renderFindings(
      chosen.flatMap((index) => findings[index] ?? []),
      host(false),
    )
      .trimEnd()
      .split('\n')
      .at(-1)
  expect(last(0)).toBe('nothing to mend')
  expect(last(0, 3)).toBe('nothing to mend, 1 not checked')
  expect(last(0, 1)).toBe('nothing to mend, 1 to look at, 0 not checked')
})
