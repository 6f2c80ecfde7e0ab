import { describe, expect, test } from 'bun:test'
import { parseCpuInfo } from '../../bench/measure/machine.ts'
import { parseSigning } from '../../bench/measure/openssl.ts'
import { parsePgbench } from '../../bench/measure/pgbench.ts'
import { measureTree, parseCpu } from '../../bench/measure/processes.ts'
import { median } from '../../bench/measure/statistics.ts'
import { LoadError, parseOutcome, renderRequests } from '../../bench/measure/wrk.ts'

const told = (changes: object) =>
  `Running 1s test @ http://127.0.0.1:1\n  Requests/sec: 1\n${JSON.stringify({
    ...{ requests: 800, seconds: 2, p50: 1.5, p99: 9, p999: 12, longest: 13 },
    ...{ bad: 0, broken: 0, ended: 0 },
    ...changes,
  })}\n`

describe('what wrk tells', () => {
  test('is read from its last line of JSON', () => {
    expect(parseOutcome(told({}))).toEqual({
      ...{ requests: 800, seconds: 2, p50: 1.5, p99: 9, p999: 12, longest: 13 },
    })
  })

  test('counts for nothing with an answer that is no success or a connection that failed', () => {
    expect(() => parseOutcome(told({ bad: 1 }))).toThrow(
      'of 800 answers 1 were no success and 0 connections failed',
    )
    expect(() => parseOutcome(told({ broken: 2 }))).toThrow('2 connections failed')
    expect(() => parseOutcome(told({ ended: 3 }))).toThrow('3 connections failed')
    expect(() => parseOutcome('unable to connect')).toThrow('wrk told no figures: unable to connect')
  })

  test('may have a connection ended after each answer where that was asked for', () => {
    expect(parseOutcome(told({ ended: 800 }), { closing: true }).requests).toBe(800)
    expect(() => parseOutcome(told({ ended: 801 }), { closing: true })).toThrow('1 connections failed')
  })
})

test('requests for wrk are lines of fields, and a field that would break one is refused', () => {
  expect(renderRequests([{ method: 'GET', path: '/a', authorization: 'Bearer x', cookie: 's=1' }])).toBe(
    'GET\t/a\tBearer x\ts=1\t\t\n',
  )
  expect(() => renderRequests([{ method: 'POST', path: '/a', body: 'a\nb' }])).toThrow(LoadError)
})

test('the median is the value in the middle, or between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 7])).toBe(6)
  expect(median([])).toBeNaN()
})

test('openssl speed is read from its table', () => {
  const table = `Got: +F2:2:2048 from 0
                  sign    verify    sign/s verify/s
rsa 2048 bits 0.000277s 0.000008s   3609.5 121990.0
`
  expect(parseSigning(table)).toBe(3609.5)
  expect(
    parseSigning(
      ' sign verify sign/s verify/s\n 253 bits EdDSA (Ed25519)   0.0000s   0.0001s  21360.0   8425.0\n',
    ),
  ).toBe(21_360)
  expect(() => parseSigning('nothing')).toThrow('openssl speed told no rate')
})

test('pgbench is read from its summary', () => {
  const summary =
    'number of transactions actually processed: 500\nnumber of failed transactions: 0 (0.000%)\ntps = 250.0 (without)\n'
  expect(parsePgbench(summary)).toMatchObject({ requests: 500, seconds: 2 })
  expect(() => parsePgbench(summary.replace('failed transactions: 0', 'failed transactions: 7'))).toThrow(
    'pgbench told no good figures',
  )
})

test('processor time is read after a name that holds anything, and has that of children that ended', () => {
  expect(parseCpu('42 (a) b) S 1 42 42 0 -1 4194304 900 0 0 0 150 50 0 0 20 0')).toBe(2)
  expect(parseCpu('42 (a) S 1 42 42 0 -1 4194304 900 0 0 0 150 50 30 70 20 0')).toBe(3)
})

test('AVX-512 IFMA is a flag of its own', () => {
  expect(parseCpuInfo('model name\t: Fast One\nflags\t\t: avx2 avx512ifma sha_ni\n')).toEqual({
    cpu: 'Fast One',
    avx512ifma: true,
  })
  expect(parseCpuInfo('model name\t: Slow One\nflags\t\t: avx2 avx512f\n').avx512ifma).toBe(false)
})

test.skipIf(process.platform !== 'linux')('a process is measured with what it started', async () => {
  const child = Bun.spawn(['sh', '-c', 'sleep 30 & echo started; cat; kill $!'], {
    stdin: 'pipe',
    stdout: 'pipe',
  })
  await child.stdout.getReader().read()
  const { processes, rss, largest } = await measureTree(child.pid)
  child.stdin.end()
  await child.exited
  expect(processes).toBeGreaterThan(1)
  expect(rss).toBeGreaterThan(largest)
})
