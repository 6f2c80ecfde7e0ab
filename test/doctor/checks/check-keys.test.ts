import { expect, test } from 'bun:test'
import { checkKeys } from '../../../src/doctor/checks/check-keys.ts'

const none = { complaints: [], faults: [], exposures: [], reports: [] }

test('complaints are faults, files that others reach are warned of, and nothing is said of what was not seen', () => {
  expect(checkKeys({ ...none, complaints: ["Cannot load the signing key of tenant 'acme': why"] })).toEqual([
    { state: 'fault', message: "Cannot load the signing key of tenant 'acme': why" },
  ])
  const exposures = [{ path: '/k.pem', gravity: 'note', complaint: 'is readable by its group' } as const]
  const faults = [{ file: 'config.yaml', position: { line: 2, column: 3 }, message: 'why' }]
  expect(checkKeys({ ...none, faults })).toEqual([{ state: 'fault', message: 'config.yaml:2:3: why' }])
  expect(checkKeys({ ...none, exposures })).toEqual([
    { state: 'warning', message: '/k.pem is readable by its group' },
  ])
  expect(checkKeys(undefined)[0]?.state).toBe('unknown')
  const reports = [{ keys: [{}, {}] }, { keys: [] }] as never
  expect(checkKeys({ ...none, reports })).toEqual([
    { state: 'ok', message: '2 keys of 2 tenants can be used; 1 tenant without one yet, made at the start' },
  ])
})
