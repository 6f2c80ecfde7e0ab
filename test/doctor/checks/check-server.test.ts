import { expect, test } from 'bun:test'
import { checkServer, type Running } from '../../../src/doctor/checks/check-server.ts'

const hello = {
  version: '1.2.3',
  commit: 'abc',
  pid: 7,
  loadedAt: 1000,
  isConfigRejected: false,
  workers: null,
}
const running = (more: Partial<Running> = {}): Running => ({
  ...{ servers: [hello], silent: [], blocked: undefined, build: { version: '1.2.3', commit: 'abc' } },
  ...{ controlFolder: '/data/control', changedAt: 900, ...more },
})
const states = (more: Partial<Running>) => checkServer(running(more)).map(({ state }) => state)

test('a server of this build with the newest configuration', () => {
  expect(checkServer(running())).toEqual([
    { state: 'ok', message: 'the server (process 7) is grantd 1.2.3 (abc), with the newest configuration' },
  ])
  const workers = { wanted: 2, serving: 2, restarts: 0 }
  expect(checkServer(running({ servers: [{ ...hello, workers }] }))[0]?.message).toContain(', 2 workers,')
})

test('another build, a refused configuration, one that was not read yet, and missing workers', () => {
  expect(states({ build: { version: '1.2.4', commit: 'abc' } })).toEqual(['warning'])
  expect(states({ servers: [{ ...hello, isConfigRejected: true }], changedAt: 2000 })).toEqual(['fault'])
  expect(states({ changedAt: 2000 })).toEqual(['warning'])
  const workers = { wanted: 4, serving: 3, restarts: 9 }
  expect(checkServer(running({ servers: [{ ...hello, workers }] }))).toEqual([
    {
      state: 'fault',
      message:
        'the server (process 7) has 3 of 4 workers serving, with 9 restarts; look for "a worker ended" in the log',
    },
  ])
})

test('no server, a silent one, two, and one of an older version', () => {
  expect(states({ servers: [] })).toEqual(['unknown'])
  expect(states({ servers: [], blocked: 'Cannot list /data/control: EACCES' })).toEqual(['unknown'])
  expect(states({ servers: [], silent: ['/data/control/1.sock'] })).toEqual(['fault'])
  expect(states({ servers: [hello, hello] })).toEqual(['warning', 'ok', 'ok'])
  expect(states({ servers: [{ version: '1.2.2', pid: 7 }] })).toEqual(['warning'])
})
