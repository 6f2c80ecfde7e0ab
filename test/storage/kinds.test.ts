import { expect, test } from 'bun:test'
import { allKinds } from '../support/kinds.ts'

test('the names of the kinds in the database stay as they are', () => {
  expect([...new Set(allKinds.map(({ name }) => name))].sort()).toEqual([
    'api_key',
    'api_key_count',
    'audit',
    'audit_head',
    'audit_journal',
    'browser',
    'change',
    'cleaning',
    'client',
    'code',
    'consent',
    'device_code',
    'failure_counts',
    'family',
    'interaction',
    'issuer',
    'keyring',
    'known_address',
    'limit_key',
    'password_costs',
    'person_cutoff',
    'pushed_request',
    'refusal',
    'revocation',
    'secret_use',
    'session',
    'sign_in_failures',
    'tenant',
    'used_assertion',
    'user',
    'user_code',
    'user_email',
  ])
})
