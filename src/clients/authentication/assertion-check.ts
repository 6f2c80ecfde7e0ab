import { type ClientAssertion, findSigner, fittingKeys } from '../../keys/client-assertion.ts'
import type { Finding } from '../../protocol/errors.ts'
import type { Client } from '../client.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { type AssertionClaims, type AssertionFault, checkAssertion } from './assertion-claims.ts'
import { findAssertionFailure } from './assertion-finding.ts'
import type { CheckDeps, CheckedClient, CredentialCheck, FailedCheck } from './credential-check.ts'
import type { Proof } from './proof.ts'
import { consumeAssertion } from './used-assertions.ts'

/** The assertion of one request (RFC 7523 sections 2.2 and 3). */
export class AssertionCheck implements CredentialCheck {
  readonly failure: FailedCheck
  readonly #clientId: string
  readonly #assertion: ClientAssertion
  readonly #deps: CheckDeps
  readonly #claims: AssertionClaims | AssertionFault

  constructor({ clientId, assertion }: { clientId: string; assertion: ClientAssertion }, deps: CheckDeps) {
    const { audiences, expiryCutoff } = deps.findAssertionDeps()
    this.#clientId = clientId
    this.#assertion = assertion
    this.#deps = deps
    this.#claims = checkAssertion(assertion, { clientId, audiences, expiryCutoff, now: deps.now() })
    this.failure = typeof this.#claims === 'string' ? this.#claims : 'wrong_signature'
  }

  /** False: a client that succeeded from this address before does not wait for a verification with the keys of a dummy. */
  isQuick(): boolean {
    return false
  }

  findProof(client: CheckedClient): MaybePromise<Proof | undefined> {
    return andThen(this.#deps.attempt.admit(), () => this.findProofAfter(client))
  }

  async findProofAfter({ jwks }: CheckedClient): Promise<Proof | undefined> {
    // A fault in the assertion itself does not depend on the client, so no keys are needed.
    if (typeof this.#claims === 'string') return undefined
    const id = await findSigner(this.#assertion, jwks?.keys ?? [])
    return id === undefined ? undefined : { kind: 'key', id }
  }

  explain({ jwks }: CheckedClient): FailedCheck | undefined {
    if (typeof this.#claims === 'string') return undefined
    return fittingKeys(this.#assertion, jwks?.keys ?? []).length === 0 ? 'unknown_key' : undefined
  }

  describe(failed: FailedCheck, { jwks }: Client): Finding {
    const { audiences } = this.#deps.findAssertionDeps()
    const rules = { clientId: this.#clientId, audiences, now: this.#deps.now() }
    return findAssertionFailure(failed, { assertion: this.#assertion, rules, keys: jwks?.keys ?? [] })
  }

  async workInVain(client: CheckedClient): Promise<void> {
    await this.findProofAfter(client)
  }

  async consume(): Promise<FailedCheck | undefined> {
    if (typeof this.#claims === 'string') return this.#claims
    const used = { clientId: this.#clientId, ...this.#claims }
    const isFirst = await consumeAssertion(used, this.#deps.findAssertionDeps())
    return isFirst ? undefined : 'assertion_replayed'
  }
}
