import { describe, expect, test } from 'bun:test'
import { AnswerReader } from '../../bench/measure/pace/answer-reader.ts'
import { Pacer } from '../../bench/measure/pace/pacer.ts'
import {
  checkReport,
  type PaceReport,
  renderHttp,
  runPaced,
  sendPaced,
} from '../../bench/measure/pace/run-paced.ts'
import { Schedule } from '../../bench/measure/pace/schedule.ts'
import { percentile } from '../../bench/measure/statistics.ts'
import { rest } from '../support/wait-for.ts'

describe('a schedule', () => {
  test('has its requests evenly apart from the start', () => {
    const schedule = new Schedule({ rate: 400, seconds: 2 })
    expect(schedule.count).toBe(800)
    expect([0, 1, 2, 799].map((index) => schedule.dueAt(index))).toEqual([0, 2.5, 5, 1997.5])
  })

  test('tells the rate that was kept: the wanted one where the last request went out in time', () => {
    const schedule = new Schedule({ rate: 400, seconds: 2 })
    expect(schedule.rateOf(800, schedule.dueAt(799))).toBe(400)
    expect(schedule.rateOf(800, 3997.5)).toBe(200)
  })

  test('of nothing is refused', () => {
    expect(() => new Schedule({ rate: 0, seconds: 2 })).toThrow('Cannot pace 0 requests a second for 2 s')
    expect(() => new Schedule({ rate: Number.NaN, seconds: 2 })).toThrow('Cannot pace NaN')
  })
})

test('a percentile is the lowest value that so many of a hundred do not exceed', () => {
  const values = Float64Array.from({ length: 1000 }, (_, index) => index + 1)
  expect([50, 99, 99.9, 100].map((percent) => percentile(values, percent))).toEqual([500, 990, 999, 1000])
  expect(percentile([7], 1)).toBe(7)
  expect(percentile([], 50)).toBeNaN()
})

describe('answers of a connection', () => {
  const answer = 'HTTP/1.1 200 OK\r\nX-A: b\r\ncontent-length: 5\r\n\r\nhello'
  const refusal = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'
  const bytes = (text: string) => new TextEncoder().encode(text)

  test('are found in one piece and merged with others', () => {
    expect(new AnswerReader().read(bytes(answer))).toEqual([200])
    expect(new AnswerReader().read(bytes(answer + refusal + answer))).toEqual([200, 401, 200])
  })

  test('are found however the pieces are cut, and once only', () => {
    const all = answer + refusal + answer
    for (let cut = 1; cut < all.length; cut++) {
      const reader = new AnswerReader()
      expect([...reader.read(bytes(all.slice(0, cut))), ...reader.read(bytes(all.slice(cut)))]).toEqual([
        200, 401, 200,
      ])
    }
    const reader = new AnswerReader()
    expect([...all].flatMap((letter) => reader.read(bytes(letter)))).toEqual([200, 401, 200])
  })

  test('may come in a buffer that is used again for the next piece', () => {
    const reader = new AnswerReader()
    const buffer = bytes(answer.slice(0, 20))
    expect(reader.read(buffer)).toEqual([])
    buffer.fill(0)
    expect(reader.read(bytes(answer.slice(20)))).toEqual([200])
  })

  test('without a length are refused', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(() => new AnswerReader().read(bytes(chunked))).toThrow(
      'Cannot read an answer without Content-Length',
    )
    expect(() => new AnswerReader().read(bytes('nonsense\r\n\r\n'))).toThrow('"nonsense"')
    expect(new AnswerReader().read(bytes('HTTP/1.1 204 No Content\r\n\r\n'))).toEqual([204])
  })
})

test('a request has the length of its body in bytes', () => {
  const request = { method: 'POST', path: '/a', contentType: 'text/plain', body: 'é' } as const
  expect(renderHttp(request, 'http://127.0.0.1:81')).toBe(
    'POST /a HTTP/1.1\r\nHost: 127.0.0.1:81\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\né',
  )
})

describe('a paced run', () => {
  const report: PaceReport = {
    ...{ requests: 100, wanted: 50, rate: 49, p50: 1, p99: 2, p999: 3, longest: 4, late: 1 },
    ...{ statuses: { 200: 100 }, errors: [] },
  }

  test('counts when its rate is within 3 % and each answer is a success', () => {
    expect(checkReport(report)).toEqual({
      ...{ requests: 100, seconds: 100 / 49, p50: 1, p99: 2, p999: 3, longest: 4, late: 1 },
    })
    expect(() => checkReport({ ...report, rate: 48 })).toThrow(
      'the rate was 48.0/s, wanted 50.0/s within 3 %',
    )
    expect(() => checkReport({ ...report, statuses: { 200: 99, 429: 1 } })).toThrow('429')
    expect(() => checkReport({ ...report, errors: ['a connection was closed'] })).toThrow('was closed')
  })

  test('sends as many requests as were due, each whole, over few connections', async () => {
    const seen: string[] = []
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        seen.push(await request.text())
        return new Response('good')
      },
    })
    const load = {
      origin: `http://127.0.0.1:${server.port}`,
      request: { method: 'POST', path: '/', body: 'a=b' },
      ...{ connections: 4, seconds: 0.5 },
    } as const
    // A busy machine does not keep the rate, and sends all the same.
    expect(await sendPaced({ ...load, rate: 100 })).toMatchObject({ requests: 50, statuses: { 200: 50 } })
    expect(seen).toEqual(Array.from({ length: 50 }, () => 'a=b'))
  })

  test('has the wait for a connection in the latencies', async () => {
    let held = 200
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch() {
        // Time is the subject: the server is slow.
        await rest(held)
        held = 0
        return new Response('late')
      },
    })
    const { latencies, statuses, errors } = await Pacer.run(new Schedule({ rate: 100, seconds: 0.05 }), {
      ...{ hostname: '127.0.0.1', port: server.port ?? 0, connections: 1 },
      bytes: new TextEncoder().encode(renderHttp({ method: 'GET', path: '/' }, server.url.origin)),
    })
    expect({ statuses, errors }).toEqual({ statuses: { 200: 5 }, errors: [] })
    // The second was due after 10 ms and could not go before the first was answered.
    expect(Math.min(...latencies)).toBeGreaterThan(100)
  })

  test('fails when the rate cannot be kept', async () => {
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async () => {
        // Time is the subject: the server is slow.
        await rest(100)
        return new Response('late')
      },
    })
    const load = {
      origin: `http://127.0.0.1:${server.port}`,
      request: { method: 'GET', path: '/' },
      ...{ connections: 1, seconds: 0.5, rate: 40 },
    } as const
    await expect(runPaced(load)).rejects.toThrow('wanted 40.0/s within 3 %')
  })
})
