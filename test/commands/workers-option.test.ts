import { expect, test } from 'bun:test'
import { parseWorkers } from '../../src/cli/options.ts'
import { UsageError } from '../../src/platform/arguments.ts'

test('the number of workers is auto or a whole number from 1 to 256', () => {
  expect(['auto', '1', '16', '256'].map(parseWorkers)).toEqual(['auto', 1, 16, 256])
  for (const text of ['0', '257', '-1', '1.5', '2 ', 'AUTO', 'all', '', '1e2', '0x2']) {
    expect(() => parseWorkers(text)).toThrow(UsageError)
  }
})
