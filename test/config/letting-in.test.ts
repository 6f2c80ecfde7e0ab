import { expect, test } from 'bun:test'
import { loadConfigText } from '../../src/config/load.ts'
import { platform } from '../support/test-app.ts'

/** How often others are let in while a configuration of so many tenants is read. */
async function countPauses(tenants: number): Promise<number> {
  const lines = Array.from({ length: tenants }, (_, index) => `  t${index}: { name: ${'N'.repeat(100)} }\n`)
  let count = 0
  const letOthersIn = async () => void count++
  const text = `tenants:\n${lines.join('')}`
  const loaded = await loadConfigText(
    { file: 'config.yaml', text, folder: '.' },
    { ...platform, letOthersIn },
  )
  expect(Object.keys(loaded.config.tenants)).toHaveLength(tenants)
  return count
}

test('others are let in between the steps of reading a long text, and a short one takes no longer', async () => {
  expect(await countPauses(10)).toBe(0)
  expect(await countPauses(2_000)).toBeGreaterThanOrEqual(4)
  expect(await countPauses(12_000)).toBeGreaterThanOrEqual(7)
})
