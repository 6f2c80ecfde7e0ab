import { expect, test } from 'bun:test'
import { checkProxy, type Probed, type ProxyHost } from '../../../src/doctor/checks/check-proxy.ts'

const host = (more: Partial<ProxyHost> = {}): ProxyHost => ({
  base: 'https://id.example.com',
  trusted: ['10.0.0.0/8'],
  header: 'x-forwarded-for',
  isBehindProxy: true,
  probe: async () => ({ seen: '203.0.113.9' }),
  ...more,
})
const stateOf = async (more: Partial<ProxyHost>) => (await checkProxy(host(more))).map(({ state }) => state)

test('a sender is seen at its own address, whatever it writes', async () => {
  expect(await checkProxy(host())).toEqual([
    {
      state: 'ok',
      message:
        'through https://id.example.com the server sees this machine at 203.0.113.9, whatever the sender writes in x-forwarded-for',
    },
  ])
})

test('an address that a sender made up and that is believed is a fault', async () => {
  const probe = async (spoofed: string | undefined): Promise<Probed> => ({ seen: spoofed ?? '203.0.113.9' })
  const [found] = await checkProxy(host({ probe }))
  expect(found).toMatchObject({
    state: 'fault',
    message: expect.stringContaining('it took 192.0.2.177, wanted 203.0.113.9'),
  })
})

test('what cannot be told apart is not said to be right', async () => {
  expect(await stateOf({ probe: async () => ({ seen: '10.1.2.3' }) })).toEqual(['unknown'])
  expect(await stateOf({ probe: async () => ({ why: 'no storage' }) })).toEqual(['unknown'])
})

test('a proxy whose address nobody named is warned of', async () => {
  expect(await stateOf({ trusted: [] })).toEqual(['warning'])
  expect(await stateOf({ trusted: [], isBehindProxy: false })).toEqual(['ok'])
})
