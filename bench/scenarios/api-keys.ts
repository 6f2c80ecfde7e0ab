import { type Expectation, toRequestEntry } from '../contenders/asking.ts'
import { client } from '../contenders/contender.ts'
import { tenantPath } from '../contenders/grantd.ts'
import { fetchToken } from '../contenders/token-entry.ts'
import { compare } from './compare.ts'
import type { Scenario } from './scenario.ts'
import { listOnStorages, type ToEntry, withPostgres } from './storages.ts'

export const apiKeysScenario: Scenario = {
  name: 'api-keys',
  title: 'API keys made, ES256, 32 connections',
  run: (bench) => withPostgres((url) => compare(bench, listOnStorages(bench, { url, toEntry }))),
}

const toEntry: ToEntry = async (started, named) => {
  const token = await fetchToken(started, { ...client, scope: 'read api-keys:manage' })
  return toRequestEntry(named, started.server, {
    request: {
      method: 'POST',
      path: `${tenantPath('bench')}/api-keys/create`,
      authorization: `Bearer ${token}`,
      contentType: 'application/json',
      body: JSON.stringify({ name: 'nightly report', scopes: ['read'], expires_in_days: 90 }),
    },
    expected: made,
  })
}

const made: Expectation = {
  status: 201,
  check(body) {
    if (!/"api_key":"[\w-]+\.[\w-]+\.[\w-]+"/.test(body)) throw new Error(`No API key was made: ${body}`)
  },
}
