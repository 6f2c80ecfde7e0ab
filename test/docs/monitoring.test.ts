import { expect, test } from 'bun:test'
import { families } from '../../src/metrics/metric-families.ts'
import { readDocument } from './document.ts'

test('docs/operations/monitoring.md has every metric and no other', async () => {
  const text = await readDocument('docs/operations/monitoring.md')
  const [, table = ''] = /^\| metric \| labels \|\n((?:\|.*\n)+)/m.exec(text) ?? []
  const shown = [...table.matchAll(/`((?:grantd|process)_[a-z_]+)`/g)].map(([, name]) => name)
  expect(shown.sort()).toEqual(families.map(({ name }) => name).sort())
})
