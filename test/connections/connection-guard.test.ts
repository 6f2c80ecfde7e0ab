import { afterEach, expect, test } from 'bun:test'
import { ConnectionGuard, type GuardLook } from '../../src/connections/connection-guard.ts'
import { createGroups } from '../../src/connections/create-guard.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { Connection } from '../../src/platform/connections.ts'
import { getRequest, openRaw, type RawSocket } from '../support/raw-socket.ts'
import { waitFor } from '../support/wait-for.ts'
import { connectionOf } from './connection-of.ts'

const platform = bunPlatform()
const isLinux = process.platform === 'linux'
const large = 'x'.repeat(8_000_000)
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

interface Limits {
  readonly most?: number
  readonly mostPerAddress?: number
}

/** A listener and its guard, whose clock the test moves. Its kernel keeps the real time. */
async function start({ most = 100, mostPerAddress = 100 }: Limits = {}) {
  const held = Promise.withResolvers<void>()
  const listener = platform.listen({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/held') await held.promise
      return new Response(pathname === '/large' ? large : 'hello')
    },
  })
  const connections = await listener.openConnections?.()
  if (!connections) throw new Error('Wanted to see the connections')
  let time = 1_000_000
  const looks: GuardLook[] = []
  const guard = new ConnectionGuard({
    connections,
    limits: () => ({ most, mostPerAddress, requestTime: 30_000, answerTime: 60_000 }),
    groupOf: (address) => address,
    clock: { monotonic: () => time, after: () => () => {} },
    onLook: (look) => looks.push(look),
  })
  endings.push(() => listener.close(), held.resolve)
  const look = (seconds: number) => {
    time += seconds * 1000
    guard.check()
    const last = looks.at(-1)
    return { open: last?.open, reasons: last?.endings.map(({ reason }) => reason) }
  }
  const open = async (options?: Parameters<typeof openRaw>[1]): Promise<RawSocket> => {
    const opened = await openRaw(listener.port, options)
    endings.push(opened.close)
    return opened
  }
  /** Without its byte, the system would keep the connection to itself for a second. */
  const openMute = async () => {
    const mute = await open()
    mute.send('G')
    return mute
  }
  const waitForCount = (count: number) =>
    waitFor(`${count} are open`, () => connections.look().connections.length === count)
  return { ...{ connections, look, open, openMute, waitForCount }, release: held.resolve }
}

test.if(isLinux)('a head that arrives too slowly ends its connection, and no other', async () => {
  const { look, open, connections } = await start()
  const [slow, answered] = [await open(), await open()]
  answered.send(getRequest)
  await answered.answer('hello')
  slow.send('GET / HTTP/1.1\r\n')
  await waitFor('the head arrived', () =>
    connections.look().connections.some(({ received }) => received === 16),
  )
  expect(look(1)).toEqual({ open: 2, reasons: [] })
  slow.send('X: a')
  await waitFor('more of the head arrived', () =>
    connections.look().connections.some(({ received }) => received === 20),
  )
  expect(look(29)).toEqual({ open: 2, reasons: [] })
  expect(look(2)).toEqual({ open: 1, reasons: ['slow_request'] })
  await slow.ended
  answered.send(getRequest)
  await waitFor('the app has the request', () => answered.received().split('hello').length === 3)
})

test.if(isLinux)('a request that the app has is left alone, however long it takes', async () => {
  const { look, open, connections, release } = await start()
  const held = await open()
  held.send(getRequest.replace('/', '/held'))
  await waitFor('the answer came', () => connections.findBusy().size === 1)
  expect(look(1)).toEqual({ open: 1, reasons: [] })
  expect(look(3600)).toEqual({ open: 1, reasons: [] })
  release()
  expect(await held.answer('hello')).toStartWith('HTTP/1.1 200')
})

test.if(isLinux)('bytes after an answer that were no request count as one', async () => {
  const { look, open, waitForCount } = await start()
  const slow = await open()
  slow.send('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n')
  await slow.answer('hello')
  look(1)
  slow.send('a')
  slow.send('b')
  await waitFor('the connection is ended', () => {
    look(1)
    return slow.isEnded()
  })
  await waitForCount(0)
})

test.if(isLinux)('an answer that nobody reads ends its connection, and frees its memory', async () => {
  const { look, open, connections, waitForCount } = await start()
  const [deaf, reader] = [await open({ isReading: false }), await open()]
  for (const each of [deaf, reader]) each.send(getRequest.replace('/', '/large'))
  await waitFor('the reader has all', () => reader.received().length > large.length)
  await waitFor('the system holds what is not read', () =>
    connections.look().connections.some(({ waiting }) => waiting > 0),
  )
  expect(look(1)).toEqual({ open: 2, reasons: [] })
  expect(look(61)).toEqual({ open: 1, reasons: ['unread_answer'] })
  await waitForCount(1)
  expect(reader.isEnded()).toBeFalse()
})

test.if(isLinux)('of too many, those without an answer end, and the others go on', async () => {
  const { look, open, openMute, waitForCount, connections } = await start({ most: 10 })
  const good = await open()
  good.send(getRequest)
  await good.answer('hello')
  const idle = await Promise.all(Array.from({ length: 15 }, openMute))
  await waitFor(
    'no connection is young',
    () => connections.look().connections.filter(({ sinceSent }) => sinceSent >= 20).length === 16,
  )
  expect(look(1)).toEqual({ open: 16, reasons: [] })
  expect(look(1)).toEqual({ open: 9, reasons: Array(7).fill('too_many') })
  await waitForCount(9)
  await waitFor('the idle ones are ended', () => idle.filter((each) => each.isEnded()).length === 7)
  good.send(getRequest)
  await waitFor('the second answer came', () => good.received().split('hello').length === 3)
})

test.if(isLinux)('one address has no more than its share', async () => {
  const { look, openMute, waitForCount } = await start({ mostPerAddress: 3 })
  await Promise.all(Array.from({ length: 5 }, openMute))
  await waitForCount(5)
  expect(look(1)).toEqual({ open: 5, reasons: [] })
  expect(look(1)).toEqual({ open: 3, reasons: Array(2).fill('too_many_per_address') })
  await waitForCount(3)
})

/** A guard of connections that the test makes up. */
function startPretended(most: number, open: readonly Connection[] = []) {
  let time = 0
  let descriptors = 50
  let looks = 0
  const ended: number[] = []
  const refused: number[] = []
  const busy = new Set(
    open.filter(({ received }) => received > 0).map(({ address, port }) => `${address}:${port}`),
  )
  const timers: { pause: number; callback: () => void }[] = []
  const guard = new ConnectionGuard({
    connections: {
      mostDescriptors: 20_000,
      look: () => ({ connections: open, otherDescriptors: 30 }),
      isFullUpTo: (number) => descriptors >= number,
      end: ({ id }) => ended.push(id),
      findBusy: () => busy,
    },
    limits: () => ({ most, mostPerAddress: most, requestTime: 30_000, answerTime: 60_000 }),
    groupOf: () => undefined,
    clock: {
      monotonic: () => time,
      after: (pause, callback) => {
        timers.push({ pause, callback })
        return () => {}
      },
    },
    refuseBodies: (count) => refused.push(count),
    onLook: () => looks++,
  })
  return {
    ...{ guard, ended, refused },
    looks: () => looks,
    fill: (number: number) => {
      descriptors = number
    },
    /** Lets the next timer run out, and returns its pause. */
    next: () => {
      const timer = timers.shift()
      time += timer?.pause ?? 0
      timer?.callback()
      return timer?.pause
    },
  }
}

test('it looks once a second when there is room for many', () => {
  const { guard, next, looks, fill } = startPretended(20_000)
  guard.start()
  expect([next(), next(), looks()]).toEqual([1000, 1000, 3])
  fill(11_000)
  expect([next(), next(), looks()]).toEqual([1000, 500, 4])
  guard.stop()
  next()
  expect(next()).toBeUndefined()
})

test('where few may come, it asks often whether they are too many, and looks at once then', () => {
  const { guard, next, looks, fill } = startPretended(60)
  guard.start()
  expect([next(), next(), looks()]).toEqual([25, 25, 1])
  fill(90)
  expect([next(), looks(), next(), looks()]).toEqual([25, 2, 1, 3])
  fill(60)
  expect([next(), next(), looks()]).toEqual([1, 25, 3])
})

test('many endings take several looks, so that requests have their turn', () => {
  const open = Array.from({ length: 2500 }, (_, id) => connectionOf({ id, port: id }))
  const { guard, next, ended, fill } = startPretended(200, open)
  guard.start()
  fill(2530)
  expect(ended).toHaveLength(0)
  next()
  expect(ended).toHaveLength(1000)
  next()
  expect(ended).toHaveLength(2000)
})

test('bodies are refused when nothing else makes room', () => {
  const open = Array.from({ length: 12 }, (_, id) =>
    connectionOf({ id, port: id, received: 100, sinceSent: 500 }),
  )
  const { guard, next, refused, ended } = startPretended(10, open)
  guard.start()
  next()
  expect([ended, refused]).toEqual([[], [2, 2]])
})

test('loopback and trusted proxies are in no group, others in that of their address or network', () => {
  const groupOf = createGroups(['10.0.0.0/8', '2001:db8:1::/48'])
  for (const exempt of ['127.0.0.1', '127.8.9.1', '::1', '10.1.2.3', '2001:db8:1::7']) {
    expect(groupOf(exempt)).toBeUndefined()
  }
  expect(groupOf('192.0.2.7')).toBe('192.0.2.7')
  expect(groupOf('2001:db8:2::7')).toBe(groupOf('2001:db8:2::8'))
  expect(groupOf(undefined)).toBe('unknown')
})
