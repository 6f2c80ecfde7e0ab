import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { revokeTokensOfClient } from '../../src/tokens/revocations.ts'
import {
  listedKeys,
  type MadeKey,
  makeKey,
  managerToken,
  postKey,
  revokeKey,
  rotateKey,
} from '../support/api-keys.ts'
import { chief, isActive, reader, startRevocable, svc, warden } from '../support/revocable.ts'
import { callProtected, type TestApp } from '../support/test-app.ts'
import { type Refusal, refusal } from './acme.ts'

let app: TestApp
let victim: string
let thief: string
let key: MadeKey

/** `svc` is robbed by `reader`: both may manage keys, and `reader` has less of everything else. */
beforeEach(async () => {
  app = await startRevocable()
  victim = await app.token('acme', { ...svc, scope: 'read write api-keys:manage' })
  thief = await app.token('acme', { ...reader, scope: 'read api-keys:manage' })
  key = await makeKey(app, { token: victim, body: { name: 'of svc', scopes: ['read'] } })
})
afterEach(() => app.close())

const unknown: Refusal = [404, 'not_found', 'API key not found']
const revoked: Refusal = [401, 'invalid_token', 'API key has been revoked']
const all = 'api-keys:manage:all'

describe('a key belongs to the client that made it', () => {
  test('another client does not see it', async () => {
    const own = await makeKey(app, { token: thief, body: { name: 'of reader' } })
    expect((await listedKeys(app, { token: thief })).map(({ id }) => id)).toEqual([own.id])
    expect((await listedKeys(app, { token: victim })).map(({ id }) => id)).toEqual([key.id])
  })

  test.each(['rotate', 'revoke'])(
    'another client that tries to %s it learns what an unknown id says',
    async (verb) => {
      const [real, made] = [
        await postKey(app, `${key.id}/${verb}`, { token: thief }),
        await postKey(app, `ak_AAAAAAAAAAAAAAAAAAAAAA/${verb}`, { token: thief }),
      ]
      expect(await real.clone().text()).toBe(await made.text())
      expect(await refusal(real)).toEqual(unknown)
      expect((await callProtected(app, key.api_key)).status).toBe(200)
      expect(app.events.at(-2)).toMatchObject({ outcome: 'refused', actor: 'reader', client: 'reader' })
    },
  )

  test('an API key of another client is no better', async () => {
    const tool = await makeKey(app, {
      token: thief,
      body: { name: 't', scopes: ['api-keys:manage', 'read'] },
    })
    for (const verb of ['rotate', 'revoke']) {
      const refused = await postKey(app, `${key.id}/${verb}`, { token: tool.api_key })
      expect(await refusal(refused)).toEqual(unknown)
    }
    expect((await listedKeys(app, { token: tool.api_key })).map(({ id }) => id)).toEqual([tool.id])
  })

  test('pages of a list count the keys of the client alone', async () => {
    for (let n = 0; n < 4; n++) await makeKey(app, { token: thief, body: { name: `r${n}` } })
    const second = await makeKey(app, { token: victim, body: { name: 'second' } })
    const response = await app.send('/api/v1/tenant/acme/api-keys/list?limit=2', {
      headers: { Authorization: `Bearer ${victim}` },
    })
    const ids = (await response.json()).map(({ id }: { id: string }) => id)
    expect(ids).toEqual([key.id, second.id].sort())
    expect(response.headers.has('link')).toBe(false)
  })
})

describe('the scope api-keys:manage:all', () => {
  test('is given to a client that has it and names it', async () => {
    const form = { grant_type: 'client_credentials', ...reader, scope: all }
    expect((await refusal(await app.post('acme', form)))[1]).toBe('invalid_scope')
    const byDefault = await app.token('acme', chief)
    expect(jose.decodeJwt(byDefault)['scope']).toBe('read')
  })

  test.each([
    ['alone', warden, all],
    ['beside api-keys:manage', chief, `api-keys:manage ${all}`],
  ])('%s lists the keys of every client and tells whose they are', async (_, client, scope) => {
    const token = await app.token('acme', { ...client, scope })
    const other = await makeKey(app, { token: thief, body: { name: 'of reader' } })
    const listed = await listedKeys(app, { token })
    const owners = Object.fromEntries(listed.map(({ id, client_id }) => [id, client_id]))
    expect(owners).toEqual({ [key.id]: 'svc', [other.id]: 'reader' })
  })

  test('of the client does not count in a token without it', async () => {
    const token = await managerToken(app, 'acme', chief)
    expect(await listedKeys(app, { token })).toEqual([])
    expect(await refusal(await postKey(app, `${key.id}/revoke`, { token }))).toEqual(unknown)
  })

  test('revokes the key of another, which is the client of the event; the caller is its actor', async () => {
    await revokeKey(app, key.id, { token: await app.token('acme', { ...warden, scope: all }) })
    expect(await refusal(await callProtected(app, key.api_key))).toEqual(revoked)
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.revoked',
      outcome: 'success',
      actor: 'warden',
      client: 'svc',
      detail: { api_key: key.id },
    })
  })

  test('never gets a token of the key of another, nor makes keys by itself', async () => {
    const alone = await app.token('acme', { ...warden, scope: all })
    for (const rest of ['create', `${key.id}/rotate`]) {
      const refused = await postKey(app, rest, { token: alone, body: rest === 'create' ? { name: 'k' } : {} })
      expect(await refusal(refused)).toEqual([
        403,
        'insufficient_scope',
        'The client does not have the scope api-keys:manage',
      ])
    }
    const both = await app.token('acme', { ...chief, scope: `read api-keys:manage ${all}` })
    expect(await refusal(await postKey(app, `${key.id}/rotate`, { token: both }))).toEqual([
      400,
      'invalid_request',
      'The API key belongs to another client, which alone can rotate it',
    ])
    expect((await callProtected(app, key.api_key)).status).toBe(200)
  })

  test('is held by no API key', async () => {
    const token = await app.token('acme', { ...chief, scope: `api-keys:manage ${all}` })
    const refused = await postKey(app, 'create', { token, body: { name: 'k', scopes: [all] } })
    expect((await refusal(refused))[1]).toBe('invalid_scope')
  })

  test('reaches no other tenant', async () => {
    const token = await app.token('beta', { ...warden, scope: all })
    expect((await refusal(await postKey(app, `${key.id}/revoke`, { token })))[1]).toBe('invalid_token')
    expect(await refusal(await postKey(app, `${key.id}/revoke`, { tenant: 'beta', token }))).toEqual(unknown)
  })
})

describe('keys that are made with a key', () => {
  const bossBody = { name: 'boss', scopes: ['api-keys:manage', 'read'] }
  const child = { name: 'child', scopes: ['api-keys:manage', 'read'] }

  /** A key, one made with it, one made with that one. */
  async function family(): Promise<{ boss: MadeKey; son: MadeKey; grandson: MadeKey }> {
    const boss = await makeKey(app, { token: victim, body: bossBody })
    const son = await makeKey(app, { token: boss.api_key, body: child })
    return { boss, son, grandson: await makeKey(app, { token: son.api_key, body: child }) }
  }

  test('name their parent in the list', async () => {
    const { boss, son, grandson } = await family()
    const listed = await listedKeys(app, { token: victim })
    const parents = Object.fromEntries(listed.map(({ id, parent }) => [id, parent]))
    expect(parents).toEqual({
      [key.id]: undefined,
      [boss.id]: undefined,
      [son.id]: boss.id,
      [grandson.id]: son.id,
    })
  })

  test('end with it, and theirs with them, in the list too; the others stay', async () => {
    const { boss, son, grandson } = await family()
    await revokeKey(app, boss.id, { token: victim })
    for (const { api_key } of [boss, son, grandson]) {
      expect(await refusal(await callProtected(app, api_key))).toEqual(revoked)
      expect(await isActive(app, 'acme', api_key)).toBe(false)
    }
    const listed = await listedKeys(app, { token: victim })
    expect(listed.filter(({ revoked: is }) => !is).map(({ id }) => id)).toEqual([key.id])
    for (const { id } of [son, grandson]) {
      expect(await refusal(await postKey(app, `${id}/rotate`, { token: victim }))).toEqual([
        400,
        'invalid_request',
        'The API key has been revoked',
      ])
    }
  })

  test.each([
    ['for ever', 0, 1],
    ['longer', 30, 1],
    ['shorter', 1, 1],
    ['without a word', undefined, 1],
  ])('live no longer than it, when they are to live %s', async (_, expires_in_days, days) => {
    const boss = await makeKey(app, { token: victim, body: { ...bossBody, expires_in_days: 1 } })
    app.advance(3600)
    const body = { ...child, ...(expires_in_days !== undefined && { expires_in_days }) }
    const son = await makeKey(app, { token: boss.api_key, body })
    expect(son.expires_at).toBe(boss.expires_at)
    expect(jose.decodeJwt(son.api_key).exp).toBe(Date.parse(boss.expires_at ?? '') / 1000)
    app.advance(days * 86_400)
    expect(await refusal(await callProtected(app, son.api_key))).toEqual([
      401,
      'invalid_token',
      'Token has expired',
    ])
  })

  test('may end before it', async () => {
    const boss = await makeKey(app, { token: victim, body: { ...bossBody, expires_in_days: 30 } })
    const son = await makeKey(app, { token: boss.api_key, body: { ...child, expires_in_days: 1 } })
    expect(Date.parse(son.expires_at ?? '')).toBe(app.deps.now() + 86_400_000)
  })

  test('leave the parent as it is when they end', async () => {
    const { boss, son, grandson } = await family()
    await revokeKey(app, son.id, { token: victim })
    expect((await callProtected(app, boss.api_key)).status).toBe(200)
    expect(await refusal(await callProtected(app, grandson.api_key))).toEqual(revoked)
  })

  test('live on when the parent is rotated, without an overlap too', async () => {
    const { boss, son, grandson } = await family()
    await rotateKey(app, boss.id, { token: victim, body: { overlap_seconds: 0 } })
    for (const { api_key } of [son, grandson]) expect((await callProtected(app, api_key)).status).toBe(200)
  })

  test('end with it when everything of the client until its making is revoked, though they are younger', async () => {
    const boss = await makeKey(app, { token: victim, body: bossBody })
    app.advance(100)
    const son = await makeKey(app, { token: boss.api_key, body: child })
    expect((await callProtected(app, son.api_key)).status).toBe(200)
    const before = Math.floor(app.deps.now() / 1000) - 50
    await revokeTokensOfClient(app.deps.storage, 'acme', { clientId: 'svc', before })
    expect(await refusal(await callProtected(app, son.api_key))).toEqual(revoked)
  })

  test('that are made while it is revoked do not outlive it', async () => {
    const boss = await makeKey(app, { token: victim, body: bossBody })
    const making = Array.from({ length: 50 }, () =>
      postKey(app, 'create', { token: boss.api_key, body: child }),
    )
    const [, ...answers] = await Promise.all([revokeKey(app, boss.id, { token: victim }), ...making])
    for (const answer of answers) {
      if (answer.status !== 201) continue
      expect(await refusal(await callProtected(app, (await answer.json()).api_key))).toEqual(revoked)
    }
    expect((await listedKeys(app, { token: victim })).filter(({ revoked: is }) => !is)).toHaveLength(1)
  })

  test('have the key as the actor of the event, and its client as the client', async () => {
    const boss = await makeKey(app, { token: victim, body: bossBody })
    const { id } = await makeKey(app, { token: boss.api_key, body: child })
    expect(app.events.at(-1)).toMatchObject({ actor: boss.id, client: 'svc', detail: { api_key: id } })
  })

  test('are all that a key rotates beside itself: the token of another one would outlive it', async () => {
    const boss = await makeKey(app, { token: victim, body: bossBody })
    const sibling = await makeKey(app, { token: victim, body: bossBody })
    const son = await makeKey(app, { token: boss.api_key, body: child })
    const refusals = [
      [boss, sibling],
      [son, boss],
    ] as const
    for (const [caller, target] of refusals) {
      const refused = await postKey(app, `${target.id}/rotate`, { token: caller.api_key })
      expect(await refusal(refused)).toEqual([
        400,
        'invalid_request',
        'An API key rotates itself and the keys made with it alone',
      ])
      expect((await callProtected(app, target.api_key)).status).toBe(200)
    }
    await rotateKey(app, son.id, { token: boss.api_key })
    await rotateKey(app, boss.id, { token: boss.api_key })
    await rotateKey(app, sibling.id, { token: victim })
  })

  test('descend from ten others at most', async () => {
    let last = await makeKey(app, { token: victim, body: bossBody })
    for (let n = 1; n < 10; n++) last = await makeKey(app, { token: last.api_key, body: child })
    const refused = await postKey(app, 'create', { token: last.api_key, body: child })
    expect(await refusal(refused)).toEqual([
      400,
      'invalid_request',
      'The API key descends from too many others to make one itself',
    ])
  })
})
