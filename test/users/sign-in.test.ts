import { describe, expect, test } from 'bun:test'
import { signInFailures } from '../../src/limits/limit-row.ts'
import { GoneError } from '../../src/protocol/errors.ts'
import { Passwords } from '../../src/secrets/passwords.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { noteCost } from '../../src/users/password-costs.ts'
import { nobody } from '../../src/users/people.ts'
import { userEmails, users } from '../../src/users/user-row.ts'
import { platform, testStart } from '../support/test-app.ts'
import {
  blankUser,
  configuredPeople,
  configuredPerson,
  makePeopleWorld,
  subOf,
  tenant,
} from './people-kit.ts'

const right = 'correct horse battery'

/** A memory storage and the names of the kinds of what is read from it. */
function watchReads() {
  const storage = createMemoryStorage()
  const reads: string[] = []
  const of = storage.of.bind(storage)
  storage.of = (tenantId) => {
    const rows = of(tenantId)
    return {
      ...rows,
      hasRows: rows.hasRows.bind(rows),
      deleteAll: rows.deleteAll.bind(rows),
      of: (kind) => {
        const records = rows.of(kind)
        const { find, findMany } = records
        records.find = (id) => {
          reads.push(`find ${kind.name}`)
          return find.call(records, id)
        }
        records.findMany = (ids) => {
          reads.push(`findMany ${kind.name} ${ids.length}`)
          return findMany.call(records, ids)
        }
        return records
      },
    }
  }
  return { storage, reads }
}

test('a person signs in with the e-mail address in any case and any form of its letters', async () => {
  const world = makePeopleWorld()
  const sub = await world.add('zoë', { password: right, email: 'zoë@example.com' })
  for (const name of ['zoë@example.com', 'ZOË@Example.COM', 'zoe\u0308@example.com']) {
    const outcome = await world.tryPassword(name, right)
    expect(outcome).toMatchObject({ person: { sub, email: 'zoë@example.com' }, provenAt: testStart })
  }
})

test('a person of config.yaml signs in with the key or the address, and wins over a stored one', async () => {
  const passwords = makePeopleWorld().passwords
  const passwordHash = await passwords.hash(right)
  const ada = configuredPerson('ada', { email: 'ada@example.com', passwordHash })
  const world = makePeopleWorld({ configured: configuredPeople(ada) })
  await world.add('ada', { password: 'of the stored one' })
  for (const name of ['ada', 'ada@example.com', 'ADA@example.com'])
    expect(await world.tryPassword(name, right)).toMatchObject({ person: ada })
  expect(await world.tryPassword('ada@example.com', 'of the stored one')).toMatchObject({ failure: 'wrong' })
  expect(await world.tryPassword('ADA', right)).toMatchObject({ failure: 'wrong', fault: 'unknown_person' })
})

describe('what is wrong looks the same', () => {
  test('unknown, inactive, without a password and wrong: one outcome, and the fault for the trail alone', async () => {
    const world = makePeopleWorld()
    await world.add('off', { password: right, active: false })
    await world.add('invited')
    await world.add('ada', { password: right })
    const outcomes = [
      await world.tryPassword('nobody@example.com', right),
      await world.tryPassword('off@example.com', right),
      await world.tryPassword('invited@example.com', right),
      await world.tryPassword('ada@example.com', 'wrong'),
    ]
    expect(outcomes).toEqual([
      { failure: 'wrong', fault: 'unknown_person', sub: undefined },
      { failure: 'wrong', fault: 'person_inactive', sub: subOf('off') },
      { failure: 'wrong', fault: 'no_password', sub: subOf('invited') },
      { failure: 'wrong', fault: 'wrong_password', sub: subOf('ada') },
    ])
    expect(world.asked).toEqual([nobody, subOf('off'), subOf('invited'), subOf('ada')])
  })

  test('each of them reads the same rows and computes one hash of the same cost', async () => {
    const { storage, reads } = watchReads()
    const hashed: string[] = []
    const passwordHash = {
      hash: async () =>
        '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo',
      verify: async (_: string | Uint8Array, hash: string) => {
        hashed.push(hash.split('$').slice(0, 4).join('$'))
        return false
      },
    }
    const { hashing, randomBytes, monotonic } = platform
    const passwords = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce: 1 })
    const clear = `sha256:${hashing.sha256('clear').toHex()}`
    const configured = configuredPeople(configuredPerson('eve', { passwordHash: clear }))
    const world = makePeopleWorld({ storage, configured })
    const deps = { ...world.deps, signIns: { ...world.deps.signIns, passwords } }
    Object.assign(world.deps, deps)
    await world.add('off', { password: right, active: false })
    await world.add('invited')
    await world.add('ada', { password: right })
    await world.deps.signIns.limits.choose('', [1])
    const work = async (name: string) => {
      reads.length = 0
      hashed.length = 0
      await world.tryPassword(name, 'wrong')
      return [...reads, ...hashed]
    }
    const first = await work('nobody@example.com')
    expect(first).toContain('$argon2id$v=19$m=19456,t=2,p=1')
    for (const name of ['off@example.com', 'invited@example.com', 'ada@example.com', 'eve'])
      expect([name, await work(name)]).toEqual([name, first])
  })

  test('in a tenant with imported hashes a name without a password costs what one of them does, always the same', async () => {
    const world = makePeopleWorld()
    await noteCost(world.storage, tenant.id, await Bun.password.hash('a', { algorithm: 'bcrypt', cost: 4 }))
    const hashed: string[] = []
    const verify = world.passwords.verify.bind(world.passwords)
    world.passwords.verify = (typed, hash) => {
      hashed.push(hash)
      return verify(typed, hash)
    }
    for (let turn = 0; turn < 2; turn++)
      for (let at = 0; at < 12; at++)
        await world.tryPassword(`n${at}@example.com`, 'x', { address: `192.0.2.${at}` })
    expect(hashed.slice(12)).toEqual(hashed.slice(0, 12))
    expect(new Set(hashed).size).toBe(2)
  })
})

describe('failures slow down', () => {
  test('from the fifth failure of a name on the answer is to wait, twice as long each time, also with the right password', async () => {
    const world = makePeopleWorld()
    await world.add('ada', { password: right })
    const fail = () => world.tryPassword('ada@example.com', 'wrong')
    for (let at = 1; at < 5; at++) expect(await fail()).toMatchObject({ failure: 'wrong' })
    expect(await fail()).toMatchObject({ failure: 'wait', seconds: 1, fault: 'wrong_password' })
    expect(await world.tryPassword('ADA@example.com', right)).toEqual({
      failure: 'wait',
      seconds: 1,
      fault: undefined,
      sub: subOf('ada'),
    })
    world.advance(1)
    expect(await fail()).toMatchObject({ failure: 'wait', seconds: 2 })
    world.advance(2)
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ person: { sub: subOf('ada') } })
    expect(await fail()).toMatchObject({ failure: 'wrong' })
  })

  test('a name that nobody has waits like one that somebody has', async () => {
    const world = makePeopleWorld()
    const outcomes = []
    for (let at = 0; at < 6; at++) outcomes.push(await world.tryPassword('nobody@example.com', 'x'))
    expect(outcomes.map((each) => ('failure' in each ? each.failure : 'in'))).toEqual([
      ...Array(4).fill('wrong'),
      'wait',
      'wait',
    ])
  })

  test('from the twentieth failure of an address on it waits for every name, and other addresses do not', async () => {
    const world = makePeopleWorld()
    await world.add('ada', { password: right })
    for (let at = 1; at < 20; at++)
      expect(await world.tryPassword(`n${at}@example.com`, 'x')).toMatchObject({ failure: 'wrong' })
    expect(await world.tryPassword('n20@example.com', 'x')).toMatchObject({ failure: 'wait', seconds: 1 })
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ failure: 'wait' })
    const elsewhere = { address: '192.0.2.2' }
    expect(await world.tryPassword('ada@example.com', right, elsewhere)).toMatchObject({ person: {} })
  })

  test('failures elsewhere do not make a browser wait in which the person signed in before', async () => {
    const world = makePeopleWorld({ settings: { failures_per_person_address: 8 } })
    const sub = await world.add('ada', { password: right })
    for (let at = 0; at < 6; at++) await world.tryPassword('ada@example.com', 'x')
    for (let at = 0; at < 6; at++) await world.tryPassword(`n${at}@example.com`, 'x')
    expect(await world.tryPassword('grace@example.com', 'x')).toMatchObject({ failure: 'wait' })
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ failure: 'wait' })
    world.known.add(sub)
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ person: { sub } })
    // Such a browser has a count of its own.
    for (let at = 1; at < 5; at++)
      expect(await world.tryPassword('ada@example.com', 'x')).toMatchObject({ failure: 'wrong' })
    expect(await world.tryPassword('ada@example.com', 'x')).toMatchObject({ failure: 'wait' })
  })

  test('another process knows of each failure at once', async () => {
    const storage = createMemoryStorage()
    const [first, second] = [makePeopleWorld({ storage }), makePeopleWorld({ storage })]
    await first.add('ada', { password: right })
    for (let at = 0; at < 5; at++) await first.tryPassword('ada@example.com', 'x')
    expect(await second.tryPassword('ada@example.com', right)).toMatchObject({ failure: 'wait', seconds: 1 })
  })

  /** Counts the passwords that are checked. */
  function countChecks({ passwords }: ReturnType<typeof makePeopleWorld>) {
    const counted = { checked: 0 }
    const verify = passwords.verify.bind(passwords)
    passwords.verify = (typed, hash) => {
      counted.checked++
      return verify(typed, hash)
    }
    return counted
  }

  test('after the free failures one password of many at once is checked for each wait, however many are checked at a time', async () => {
    const world = makePeopleWorld({ atOnce: 4 })
    await world.add('ada', { password: right })
    await world.add('bob', { password: right })
    for (let at = 0; at < 5; at++) await world.tryPassword('ada@example.com', 'x')
    const counted = countChecks(world)
    for (const wait of [1, 2, 4]) {
      world.advance(wait)
      counted.checked = 0
      const attempts = Array.from({ length: 20 }, () => world.tryPassword('ada@example.com', 'x'))
      const other = world.tryPassword('bob@example.com', right)
      const outcomes = await Promise.all(attempts)
      expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ failure: 'wait' })))
      expect(await other).toHaveProperty('person')
      expect(counted.checked).toBe(2)
    }
    world.advance(8)
    expect(await world.tryPassword('ada@example.com', right)).toHaveProperty('person')
  })

  test('of two hundred wrong passwords at once, five are checked', async () => {
    const world = makePeopleWorld()
    await world.add('ada', { password: right })
    const counted = countChecks(world)
    const attempts = Array.from({ length: 200 }, () => world.tryPassword('ada@example.com', 'x'))
    const outcomes = await Promise.allSettled(attempts)
    expect(counted.checked).toBe(5)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeLessThanOrEqual(200 - 64)
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'temporarily_unavailable' } })
  })

  test('the rows name neither a person nor an address, and limits can be off', async () => {
    const world = makePeopleWorld()
    await world.tryPassword('ada@example.com', 'x')
    const rows = await world.storage.of(tenant.id).of(signInFailures).list({ limit: 10 })
    expect(rows.map(({ id }) => /^[0-9a-f]{32}$/.test(id))).toEqual([true, true])
    const off = makePeopleWorld({ settings: { enabled: false } })
    for (let at = 0; at < 8; at++)
      expect(await off.tryPassword('ada@example.com', 'x')).toMatchObject({ failure: 'wrong' })
  })
})

describe('an imported hash', () => {
  test('becomes argon2id at the next right password, and the password stays', async () => {
    const world = makePeopleWorld()
    const password_hash = await Bun.password.hash(right, { algorithm: 'bcrypt', cost: 4 })
    const sub = await world.add('ada', { password_hash })
    const hashNow = async () => (await world.storage.of(tenant.id).of(users).find(sub))?.value.password_hash
    await world.tryPassword('ada@example.com', 'wrong')
    expect(await hashNow()).toBe(password_hash)
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ person: { sub } })
    expect(await hashNow()).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(await world.tryPassword('ada@example.com', right)).toMatchObject({ person: { sub } })
  })

  test('does not come back when the password was changed meanwhile', async () => {
    const world = makePeopleWorld()
    const password_hash = await Bun.password.hash(right, { algorithm: 'bcrypt', cost: 4 })
    const sub = await world.add('ada', { password_hash })
    const rows = world.storage.of(tenant.id).of(users)
    const hash = world.passwords.hash.bind(world.passwords)
    world.passwords.hash = async (text) => {
      const row = await rows.find(sub)
      if (row) await rows.replace(sub, { ...row.value, password_hash: 'newer' }, { ifVersion: row.version })
      return hash(text)
    }
    await world.tryPassword('ada@example.com', right)
    expect((await rows.find(sub))?.value.password_hash).toBe('newer')
  })
})

test('a browser that is gone costs no hash, and counts no failure', async () => {
  const world = makePeopleWorld()
  const gone = AbortSignal.abort()
  await expect(world.tryPassword('ada@example.com', 'x', { signal: gone })).rejects.toBeInstanceOf(GoneError)
  expect(await world.storage.of(tenant.id).of(signInFailures).list({ limit: 1 })).toEqual([])
})

test('a person with the sub that stands for nobody is not found by a name that nobody has', async () => {
  const world = makePeopleWorld()
  const user = { ...blankUser, password_hash: await world.passwords.hash(right) }
  await world.storage.of(tenant.id).of(users).create({ id: nobody, value: user })
  expect(await world.deps.people.of(tenant).find(nobody)).toBeDefined()
  expect(await world.tryPassword('nobody@example.com', right)).toMatchObject({ fault: 'unknown_person' })
})

test('an index that names a person who is not there finds nobody', async () => {
  const world = makePeopleWorld()
  await world.storage
    .of(tenant.id)
    .of(userEmails)
    .create({ id: 'a@b.example', value: { user: subOf('x') } })
  expect(await world.deps.people.of(tenant).findByUsername('a@b.example')).toBeUndefined()
})
