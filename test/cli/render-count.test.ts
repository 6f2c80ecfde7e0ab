import { expect, test } from 'bun:test'
import { renderCount } from '../../src/cli/render-count.ts'

test('one thing has no s, none and several have', () => {
  expect([0, 1, 2].map((number) => renderCount(number, 'tenant'))).toEqual([
    '0 tenants',
    '1 tenant',
    '2 tenants',
  ])
})
