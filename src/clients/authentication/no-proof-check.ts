import type { CheckedClient, CredentialCheck } from './credential-check.ts'
import type { Proof } from './proof.ts'

const nothing: Proof = { kind: 'none', id: '' }

/**
 * The check of a public client (OpenID Connect Core section 9, `none`). It fails for a client that is registered with another method, so
 * the id of a confidential client alone is no credential.
 */
export const noProofCheck: CredentialCheck = {
  failure: 'client_inactive',
  isQuick: () => true,
  findProof,
  findProofAfter: findProof,
  explain: () => undefined,
  workInVain: async () => undefined,
}

function findProof({ isUsable }: CheckedClient): Proof | undefined {
  return isUsable ? nothing : undefined
}
