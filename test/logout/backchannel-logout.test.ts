import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { BackchannelLogout } from '../../src/logout/backchannel-logout.ts'
import { StorageError } from '../../src/storage/storage.ts'
import { testStart } from '../support/test-app.ts'
import { settle, waitFor } from '../support/wait-for.ts'
import { type LogoutWorld, pauses, sessionOf, startLogout, tellings } from './logout-kit.ts'

let world: LogoutWorld

beforeEach(async () => {
  world = await startLogout()
})
afterEach(() => world.app.close())

const told = (count: number) => waitFor('the clients are told', () => tellings(world.app).length >= count)
const posted = (count: number) => waitFor('it is posted', () => world.network.posts.length >= count)

test('each client of the session that wants one gets a logout token, which any library verifies', async () => {
  const { app, network, logout, acme } = world
  logout.sessionsEnded(acme, [sessionOf(['web', 'shop', 'quiet', 'gone'])], { requestId: 'request-1' })
  await told(2)
  expect(network.posts.map(({ url }) => url).sort()).toEqual([
    'https://shop.example.com/logout',
    'https://web.example.com/logout?from=idp',
  ])
  const [post] = network.posts.filter(({ url }) => url.includes('web.'))
  expect([...(post?.form.keys() ?? [])]).toEqual(['logout_token'])
  expect(post?.address).toBe('93.184.216.34')
  const keys = await (await app.send('/api/v1/tenant/acme/.well-known/jwks.json')).json()
  const { payload, protectedHeader } = await jose.jwtVerify(
    post?.form.get('logout_token') ?? '',
    jose.createLocalJWKSet(keys),
    { issuer: acme.issuer, audience: 'web', typ: 'logout+jwt', currentDate: new Date(testStart) },
  )
  expect(Object.keys(protectedHeader)).toEqual(['alg', 'typ', 'kid'])
  const { jti, ...claims } = payload
  expect(jti).toMatch(/^[0-9a-f]{32}$/)
  expect(claims).toEqual({
    ...{ iss: acme.issuer, aud: 'web', iat: testStart / 1000, exp: testStart / 1000 + 120 },
    ...{ sub: 'AdaAdaAdaAdaAdaAdaAda1', sid: 'SidSidSidSidSidSidSid1' },
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  expect(app.events.filter(({ type }) => type === 'logout.sent')).toContainEqual({
    ...{ type: 'logout.sent', tenant: 'acme', outcome: 'success', client: 'web', requestId: 'request-1' },
    detail: { sub: 'AdaAdaAdaAdaAdaAdaAda1', sid: 'SidSidSidSidSidSidSid1' },
  })
})

test('a logout token is no access token, and no hint of one', async () => {
  const { app, network, logout, acme } = world
  logout.sessionsEnded(acme, [sessionOf(['web'])])
  await posted(1)
  const token = network.posts[0]?.form.get('logout_token')
  const headers = { Authorization: `Bearer ${token}` }
  expect((await app.send('/api/v1/protected-resource', { headers })).status).toBe(401)
})

describe('a client that does not take it', () => {
  test('gets the same token at once, after 6, 12 and 20 seconds, and then no more', async () => {
    const { app, network, timers, logout, acme } = world
    network.answers['web.example.com'] = [500, new Error('reset'), 404, 302]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    for (const [at, pause] of pauses.entries()) {
      await posted(at + 1)
      await settle()
      timers.advance(pause - 1)
      await settle()
      expect(network.posts).toHaveLength(at + 1)
      timers.advance(1)
    }
    await told(1)
    expect(tellings(app)).toEqual(['logout.failed web status_302'])
    expect(network.posts).toHaveLength(4)
    expect(new Set(network.posts.map(({ form }) => form.get('logout_token'))).size).toBe(1)
    expect(timers.waiting()).toBe(0)
    expect(app.log.at(-1)).toMatchObject({
      ...{ level: 'warn', message: 'a client was not told of a sign-out' },
      ...{ tenant: 'acme', client_id: 'web', reason: 'status_302' },
    })
  })

  test('is done as soon as it takes it, with any status of success', async () => {
    const { app, network, timers, logout, acme } = world
    network.answers['web.example.com'] = [503, 204]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    await posted(1)
    await timers.pass(pauses[0])
    await told(1)
    expect(tellings(app)).toEqual(['logout.sent web'])
  })

  test('and does not answer has five seconds', async () => {
    const { app, network, timers, logout, acme } = world
    const never = new Promise<number>(() => {})
    network.answers['web.example.com'] = [never, never, never, never]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    for (const [at, pause] of [...pauses, 0].entries()) {
      await posted(at + 1)
      timers.advance(4999)
      expect(network.posts.at(-1)?.signal.aborted).toBe(false)
      timers.advance(1)
      expect(network.posts.at(-1)?.signal.aborted).toBe(true)
      await settle()
      timers.advance(pause)
      await settle()
    }
    await told(1)
    expect(tellings(app)).toEqual(['logout.failed web timeout'])
  })

  test('is called at another of its addresses the next time', async () => {
    const { network, timers, logout, acme } = world
    network.answers['shop.example.com'] = [new Error('unreachable')]
    logout.sessionsEnded(acme, [sessionOf(['shop'])])
    await posted(1)
    await timers.pass(pauses[0])
    await posted(2)
    expect(network.posts.map(({ address }) => address)).toEqual(['2606:2800:220:1::1', '93.184.216.35'])
  })
})

describe('an address that not everybody can reach', () => {
  test.each([
    ['loopback', ['127.0.0.1']],
    ['private', ['10.1.2.3', '192.168.0.1', '172.16.0.1']],
    ['of the metadata of a cloud', ['169.254.169.254']],
    ['of IPv6', ['::1', 'fd00::1', 'fe80::1', '::ffff:10.0.0.1']],
    ['no address', []],
  ])('is never called: %s', async (_, addresses) => {
    const { app, network, timers, logout, acme } = world
    network.addresses['web.example.com'] = addresses
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    for (const pause of pauses) await timers.pass(pause)
    await told(1)
    expect(network.posts).toEqual([])
    const reason = addresses.length === 0 ? 'host_not_found' : 'private_address'
    expect(tellings(app)).toEqual([`logout.failed web ${reason}`])
  })

  test('is passed over beside a public one', async () => {
    const { network, logout, acme } = world
    network.addresses['web.example.com'] = ['127.0.0.1', '93.184.216.34', '10.0.0.1']
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    await told(1)
    expect(network.posts.map(({ address }) => address)).toEqual(['93.184.216.34'])
  })

  test('is not called where a name gets it between two attempts', async () => {
    const { app, network, timers, logout, acme } = world
    network.answers['web.example.com'] = [500]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    await posted(1)
    network.addresses['web.example.com'] = ['127.0.0.1']
    for (const pause of pauses) await timers.pass(pause)
    await told(1)
    expect(network.posts).toHaveLength(1)
    expect(tellings(app)).toEqual(['logout.failed web private_address'])
  })

  test('is called where the tenant allows it', async () => {
    const { app, network, logout, inside } = world
    network.addresses['web.example.com'] = ['10.0.0.7']
    logout.sessionsEnded(inside, [sessionOf(['web'])])
    await told(1)
    expect(network.posts.map(({ address }) => address)).toEqual(['10.0.0.7'])
    expect(tellings(app)).toEqual(['logout.sent web'])
  })
})

test('twenty are sent at once, and one slow client does not hold up the others', async () => {
  const { app, network, logout, acme } = world
  const slow = Array.from({ length: 60 }, () => Promise.withResolvers<number>())
  network.answers['web.example.com'] = slow.map(({ promise }) => promise)
  const sids = Array.from({ length: 60 }, (_, at) => `sid-${at}`)
  logout.sessionsEnded(
    acme,
    sids.map((sid) => sessionOf(['web'], { sid })),
  )
  await posted(20)
  logout.sessionsEnded(acme, [sessionOf(['shop'])])
  await settle()
  expect(network.posts).toHaveLength(20)
  slow[0]?.resolve(200)
  await posted(21)
  slow[1]?.resolve(200)
  await posted(22)
  expect(network.posts.slice(20).map(({ url }) => new URL(url).hostname)).toContain('shop.example.com')
  for (const { resolve } of slow) resolve(200)
  await told(61)
  expect(tellings(app).filter((text) => text === 'logout.sent web')).toHaveLength(60)
})

test('of more than a client may have waiting, the last ones fail, and memory stays bounded', async () => {
  const { app, network, timers, logout, acme } = world
  const gate = Promise.withResolvers<number>()
  network.answers['web.example.com'] = Array.from({ length: 2000 }, () => gate.promise)
  logout.sessionsEnded(
    acme,
    Array.from({ length: 1500 }, (_, at) => sessionOf(['web'], { sid: `sid-${at}` })),
  )
  await posted(20)
  await settle()
  expect(network.posts).toHaveLength(20)
  gate.resolve(200)
  await told(1020)
  await timers.pass(pauses[0])
  await told(1500)
  expect(tellings(app).every((text) => text === 'logout.sent web')).toBe(true)
})

test('a client that lost its URI before a later attempt is not called again', async () => {
  const { app, network, timers, acme } = world
  const web = await app.deps.clients.of('acme').find('web')
  let uri: string | null = 'https://web.example.com/logout'
  const clients = { of: () => ({ find: async () => web && { ...web, backchannel_logout_uri: uri } }) }
  const logout = new BackchannelLogout({
    ...{ ...app.deps, monotonic: () => 0, clients, outbound: network.outbound, after: timers.after },
  })
  network.answers['web.example.com'] = [500]
  logout.sessionsEnded(acme, [sessionOf(['web'])])
  await posted(1)
  await settle()
  uri = null
  await timers.pass(pauses[0])
  await settle()
  expect(network.posts).toHaveLength(1)
  expect(tellings(app)).toEqual(['logout.failed web client_removed'])
})

test('while the clients cannot be read, it is tried again', async () => {
  const { app, network, timers, acme } = world
  const web = await app.deps.clients.of('acme').find('web')
  const outcomes = [() => Promise.reject(new StorageError('the storage is away')), async () => web]
  const clients = { of: () => ({ find: () => outcomes.shift()?.() ?? Promise.resolve(web) }) }
  const logout = new BackchannelLogout({
    ...{ ...app.deps, monotonic: () => 0, clients, outbound: network.outbound, after: timers.after },
  })
  logout.sessionsEnded(acme, [sessionOf(['web'])])
  await timers.pass(pauses[0])
  await told(1)
  expect(tellings(app)).toEqual(['logout.sent web'])
})

describe('when the process ends', () => {
  test('what waits is tried once more at once, and not again', async () => {
    const { app, network, logout, acme } = world
    network.answers['web.example.com'] = [500, 500]
    network.answers['shop.example.com'] = [500, 200]
    logout.sessionsEnded(acme, [sessionOf(['web', 'shop'])])
    await posted(2)
    await settle()
    await logout.close()
    expect(tellings(app).sort()).toEqual(['logout.failed web status_500', 'logout.sent shop'])
    expect(network.posts).toHaveLength(4)
  })

  test('so is what was under way and then fails', async () => {
    const { app, network, logout, acme } = world
    const busy = Promise.withResolvers<number>()
    network.answers['web.example.com'] = [busy.promise, 200]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    await posted(1)
    const closed = logout.close()
    busy.resolve(503)
    await closed
    expect(tellings(app)).toEqual(['logout.sent web'])
    expect(network.posts).toHaveLength(2)
  })

  test('it waits three seconds for clients that do not answer', async () => {
    const { app, network, timers, logout, acme } = world
    network.answers['web.example.com'] = [new Promise(() => {})]
    logout.sessionsEnded(acme, [sessionOf(['web'])])
    await posted(1)
    const closed = logout.close()
    timers.advance(3000)
    await closed
    expect(app.log.at(-1)).toMatchObject({ message: 'clients were not told of sign-outs', count: 1 })
  })

  test('it does not wait where nothing is to be done', async () => {
    await world.logout.close()
    expect(world.app.log).toEqual([])
  })
})
