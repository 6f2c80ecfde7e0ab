import { expect, test } from 'bun:test'
import { checkDisk } from '../../../src/doctor/checks/check-disk.ts'

const place = (free: number, total: number, freeFiles?: number) => ({
  ...{ what: 'data_dir', path: '/data' },
  space: { free, total, freeFiles },
})
const stateOf = (free: number, total: number) => checkDisk([place(free, total)])[0]?.state

test('1 GB and a tenth of the disk are wanted, and 50 MB are needed', () => {
  expect(checkDisk([place(50e9, 100e9)])).toEqual([
    { state: 'ok', message: '/data (data_dir) has 50.0 GB free, 50 % of its disk' },
  ])
  expect(stateOf(1e9, 5e9)).toBe('ok')
  expect(stateOf(0.9e9, 5e9)).toBe('warning')
  expect(stateOf(5e9, 100e9)).toBe('warning')
  expect(stateOf(49e6, 100e6)).toBe('fault')
  expect(checkDisk([{ what: 'data_dir', path: '/data', space: undefined }])[0]?.state).toBe('unknown')
  expect(checkDisk([])[0]?.state).toBe('ok')
})

test('a disk with room that takes no more files is a fault, and one that counts no files is none', () => {
  expect(checkDisk([place(50e9, 100e9, 99)])).toEqual([
    {
      state: 'fault',
      message:
        '/data (data_dir) has 50.0 GB free, 50 % of its disk, and room for 99 files more, wanted at least 1,000 files: writes fail soon, and then requests; remove small files (df -i)',
    },
  ])
  expect(checkDisk([place(50e9, 100e9, 1000)])[0]?.state).toBe('ok')
  expect(checkDisk([place(50e9, 100e9, undefined)])[0]?.state).toBe('ok')
})
