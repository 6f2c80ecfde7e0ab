import { describe, expect, test } from 'bun:test'
import { checkClientKind } from '../../src/endpoints/token-checks/client-kind.ts'
import type { CheckedRequest } from '../../src/endpoints/token-checks/token-check.ts'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.ts'

describe('a client with a proof', () => {
  const check = (kind: 'secret' | 'key', clients: 'confidential' | 'public' | 'both') =>
    checkClientKind({
      proof: { kind, id: '1' },
      grant: { ...clientCredentialsGrant, clients },
    } as CheckedRequest)

  test.each(['secret', 'key'] as const)(
    '%s may use a grant for confidential clients, and one for both',
    (kind) => {
      check(kind, 'confidential')
      check(kind, 'both')
    },
  )

  test.each(['secret', 'key'] as const)('%s may not use a grant for public clients alone', (kind) => {
    expect(() => check(kind, 'public')).toThrow(
      'This grant type is not for clients of this kind: client_credentials',
    )
  })
})
