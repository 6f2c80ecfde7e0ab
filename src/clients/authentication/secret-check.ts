import type { Finding } from '../../protocol/errors.ts'
import { shapeOf } from '../../protocol/finding-words.ts'
import type { Asker } from '../../secrets/secret-checker.ts'
import { type Client, type ClientSecret, validSecrets } from '../client.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { CheckDeps, CheckedClient, CredentialCheck, FailedCheck } from './credential-check.ts'
import type { Proof } from './proof.ts'

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Checks the secret of one request. */
export class SecretCheck implements CredentialCheck {
  readonly failure = 'wrong_secret'
  readonly #credentials: ClientCredentials
  readonly #deps: CheckDeps
  /**
   * Whether slow hashes are skipped. Otherwise another sender at the same address could learn from the time which clients succeeded from
   * there, and could cause slow hashes without a limit.
   */
  #isSparing: boolean | undefined

  constructor(credentials: ClientCredentials, deps: CheckDeps) {
    this.#credentials = credentials
    this.#deps = deps
  }

  isQuick({ secrets }: CheckedClient): boolean {
    return secrets.every(({ hash }) => hash.kind === 'sha256')
  }

  findProof(client: CheckedClient): MaybePromise<Proof | undefined> {
    return andThen(this.#deps.attempt.admit(), () => this.#findValid(client, { isBefore: true }))
  }

  findProofAfter(client: CheckedClient): MaybePromise<Proof | undefined> {
    return this.#findValid(client, { isBefore: false })
  }

  #findValid(
    { isUsable, secrets }: CheckedClient,
    { isBefore }: { isBefore: boolean },
  ): MaybePromise<Proof | undefined> {
    const valid = validSecrets(secrets, this.#deps.now())
    const found = this.#findAmong(valid, { isBefore, useMemory: isUsable, isThorough: !isUsable })
    return andThen(found, (secret) => secret && { kind: 'secret', id: secret.id })
  }

  /** Looks among the secrets that are not valid now. */
  explain({ secrets }: CheckedClient): MaybePromise<FailedCheck | undefined> {
    const now = this.#deps.now()
    const valid = new Set(validSecrets(secrets, now))
    const others = secrets.filter((secret) => !valid.has(secret))
    return andThen(this.#findAmong(others, inVain), (found) => {
      if (!found) return undefined
      return found.notBefore !== null && now < found.notBefore ? 'secret_not_valid_yet' : 'secret_expired'
    })
  }

  describe(_failed: FailedCheck, { secrets }: Client): Finding {
    const ids = validSecrets(secrets, this.#deps.now()).map(({ id }) => id)
    const shape = shapeOf(this.#credentials.clientSecret)
    const count = ids.length === 1 ? 'the one secret' : `any of the ${ids.length} secrets`
    const saw =
      ids.length === 0
        ? 'the client has no secret that is valid now'
        : `${shape}: not that of ${count} that the client has now`
    return {
      check: 'client secret',
      saw,
      wanted: ids.length === 0 ? 'a new secret of the client' : `the secret with the id ${ids.join(' or ')}`,
    }
  }

  async workInVain(client: CheckedClient): Promise<void> {
    await this.findProofAfter({ ...client, isUsable: false })
    await this.explain(client)
  }

  #findAmong(
    secrets: readonly ClientSecret[],
    { isBefore, ...options }: typeof inVain,
  ): MaybePromise<ClientSecret | undefined> {
    const { tenantId, findSignal, attempt } = this.#deps
    const { clientId, clientSecret } = this.#credentials
    const asker: Asker = {
      tenantId,
      findSource: () => attempt.findSource(),
      id: clientId,
      ...(findSignal && { findSignal }),
      isKnown: () => attempt.isKnown(),
      ...(isBefore && { guard: (check: () => Promise<boolean>) => attempt.runSlowly(check) }),
    }
    const hashes = secrets.map(({ hash }) => hash)
    // The first answer counts for the whole attempt, because its own failure may change the answer.
    this.#isSparing ??= attempt.isExempt()
    const found = this.#deps.secrets.findMatch(clientSecret, hashes, {
      ...options,
      asker,
      isSparing: this.#isSparing,
    })
    return andThen(found, (index) => (index === undefined ? undefined : secrets[index]))
  }
}

/** Options for work after the failure was counted, whose result decides nothing. */
const inVain = { isBefore: false, useMemory: false, isThorough: true }
