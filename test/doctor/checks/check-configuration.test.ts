import { expect, test } from 'bun:test'
import { checkConfiguration } from '../../../src/doctor/checks/check-configuration.ts'

const at = (message: string) => ({ file: 'config.yaml', position: { line: 3, column: 5 }, message })

test('faults and warnings have their places, and a good file its tenants', () => {
  const read = { file: 'config.yaml', faults: [], warnings: [], tenants: 2 }
  expect(checkConfiguration(read)).toEqual([
    { state: 'ok', message: 'config.yaml has 2 tenants and no fault' },
  ])
  expect(
    checkConfiguration({ ...read, faults: [at('is wrong')], warnings: [at('is odd')], tenants: null }),
  ).toEqual([
    { state: 'fault', message: 'config.yaml:3:5: is wrong' },
    { state: 'warning', message: 'config.yaml:3:5: is odd' },
  ])
  const many = Array.from({ length: 30 }, () => at('is odd'))
  const cut = checkConfiguration({ ...read, warnings: many })
  expect([cut.length, cut.at(-1)]).toEqual([11, { state: 'warning', message: '20 more of this kind' }])
})
