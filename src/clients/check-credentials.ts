import type { Asker, SecretChecker } from '../keys/secrets.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { type Client, type ClientSecret, validSecrets } from './client.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import type { TenantClients } from './registry.ts'

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** A client that proved who it is. */
export interface AuthenticatedClient {
  readonly client: Client
  /** The secret that it proved it with. */
  readonly secret: ClientSecret
}

/** Which check failed: for the log and the audit trail alone. */
export type FailedCheck =
  | 'unknown_client'
  | 'client_inactive'
  | 'wrong_secret'
  | 'secret_expired'
  | 'secret_not_valid_yet'

/** An attempt to be this client, as limits/ counts it. */
export interface ClientAttempt {
  /** Names where it comes from. */
  readonly source: string
  /**
   * Lets the attempt go on, or throws when it has to wait: then no secret is looked at. Asked once at the beginning, and again right
   * before a secret is looked at. A promise only where it has to look further.
   */
  admit(): MaybePromise<void>
  /** Whether this process saw the client succeed from this address. */
  isRemembered(): boolean
  /** Whether any process did; asks the storage where this one does not know. */
  isKnown(): Promise<boolean>
  succeed(): void
  /** Counts a failure; answers the refusal that stands for the usual one, if there is one. */
  fail(): OAuthError | undefined
}

/** An attempt that nobody counts. */
export const uncounted: ClientAttempt = {
  source: '',
  admit: () => undefined,
  isRemembered: () => true,
  isKnown: async () => true,
  succeed: () => {},
  fail: () => undefined,
}

export interface CheckDeps {
  readonly clients: TenantClients
  readonly secrets: SecretChecker
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Called with the client that the request claims to be from, when there is such a client. */
  readonly onClaimed?: (client: Client) => void
  readonly tenantId: string
  readonly attempt: ClientAttempt
}

export interface Failure {
  readonly failed: FailedCheck
  /** See {@link ClientAttempt.fail}. */
  readonly refusal: OAuthError | undefined
}

/**
 * A client of config.yaml with its right secret costs no look into the storage. Every failure does the same work, wherever the client
 * is and whether there is one: the secrets of a client of config.yaml are checked, its own or those of a decoy; one row of a stored
 * client is read, its own or one near it, and the secrets in it are checked. It is counted as soon as a secret was wrong, before
 * anything else has a turn: else many at once would be looked at uncounted.
 */
export async function checkCredentials(
  credentials: ClientCredentials,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const configured = deps.clients.findConfigured(credentials.clientId)
  return configured
    ? checkConfigured(credentials, configured, deps)
    : checkStored(credentials, deps, new SecretsCheck(credentials, deps))
}

async function checkConfigured(
  credentials: ClientCredentials,
  client: Client,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const check = new SecretsCheck(credentials, deps)
  deps.onClaimed?.(client)
  const checked = andThen(check.findValid(client), (secret) => {
    const outcome = conclude(client, secret)
    return typeof outcome === 'string' ? { failed: outcome, refusal: deps.attempt.fail() } : outcome
  })
  const outcome = checked instanceof Promise ? await checked : checked
  if ('client' in outcome) return outcome
  const failed = (await check.findInvalid(client)) ?? outcome.failed
  deps.clients.findDecoy(credentials.clientId)
  const near = await deps.clients.findNearStored(credentials.clientId)
  await check.findInVain(near?.secrets)
  return { ...outcome, failed }
}

async function checkStored(
  { clientId }: ClientCredentials,
  deps: CheckDeps,
  check: SecretsCheck,
): Promise<AuthenticatedClient | Failure> {
  const { clients, attempt } = deps
  const decoy = { active: false, secrets: clients.findDecoy(clientId) }
  const near = await clients.findNearStored(clientId).catch(async (cause: unknown) => {
    // A configured client with a wrong secret pays for its check before the storage says no, and is counted.
    await andThen(check.findValid(decoy), () => attempt.fail())
    throw cause
  })
  const client = near?.id === clientId ? near : undefined
  if (client) deps.onClaimed?.(client)
  // Its own hash is fast. Whoever is new pays for that of the decoy before it is looked at, as if it were that of the client.
  const known = client && attempt.isRemembered() ? await check.findValid(client) : undefined
  if (client && known && client.active) return { client, secret: known }
  const checked = andThen(check.findValid(decoy), () =>
    andThen(near && check.findValid(near), (secret) => {
      const outcome = client ? conclude(client, secret) : 'unknown_client'
      return typeof outcome === 'string' ? { failed: outcome, refusal: attempt.fail() } : outcome
    }),
  )
  const outcome = checked instanceof Promise ? await checked : checked
  if ('client' in outcome) return outcome
  const failed = near && (await check.findInvalid(near))
  await check.findInvalid(decoy)
  return client && failed ? { ...outcome, failed } : outcome
}

function conclude(client: Client, secret: ClientSecret | undefined): AuthenticatedClient | FailedCheck {
  if (!secret) return 'wrong_secret'
  return client.active ? { client, secret } : 'client_inactive'
}

type Checked = Pick<Client, 'active' | 'secrets'>

/** The secret of one request, held against those of clients. */
class SecretsCheck {
  readonly #credentials: ClientCredentials
  readonly #deps: CheckDeps

  constructor(credentials: ClientCredentials, deps: CheckDeps) {
    this.#credentials = credentials
    this.#deps = deps
  }

  /** Among the secrets that are valid now. Looks before whether the attempt has to wait, and throws then. */
  findValid({ active, secrets }: Checked): MaybePromise<ClientSecret | undefined> {
    const valid = validSecrets(secrets, this.#deps.now())
    return andThen(this.#deps.attempt.admit(), () =>
      this.#findAmong(valid, { isBefore: true, useMemory: active, isThorough: !active }),
    )
  }

  /**
   * Why the secret is not valid, if it is one of those that are not. They are checked at every failure: a client that has no other
   * must not be told by its time.
   */
  findInvalid({ secrets }: Checked): MaybePromise<FailedCheck | undefined> {
    const now = this.#deps.now()
    const valid = new Set(validSecrets(secrets, now))
    const others = secrets.filter((secret) => !valid.has(secret))
    return andThen(this.#findAmong(others, inVain), (found) => {
      if (!found) return undefined
      return found.notBefore !== null && now < found.notBefore ? 'secret_not_valid_yet' : 'secret_expired'
    })
  }

  /** For the time that it takes. */
  async findInVain(secrets: readonly ClientSecret[] = []): Promise<void> {
    await this.#findAmong(secrets, inVain)
  }

  #findAmong(
    secrets: readonly ClientSecret[],
    { isBefore, ...options }: typeof inVain,
  ): MaybePromise<ClientSecret | undefined> {
    const { tenantId, findSignal, attempt } = this.#deps
    const { clientId, clientSecret } = this.#credentials
    const asker: Asker = {
      tenantId,
      source: attempt.source,
      id: clientId,
      ...(findSignal && { findSignal }),
      isKnown: () => attempt.isKnown(),
      ...(isBefore && { admit: () => attempt.admit() }),
    }
    const hashes = secrets.map(({ hash }) => hash)
    const found = this.#deps.secrets.findMatch(clientSecret, hashes, { ...options, asker })
    return andThen(found, (index) => (index === undefined ? undefined : secrets[index]))
  }
}

/** After the failure was counted, and all the work that does not decide anything. */
const inVain = { isBefore: false, useMemory: false, isThorough: true }
