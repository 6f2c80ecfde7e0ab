import type { OAuthError } from '../protocol/errors.ts'
import type { Asker, SecretChecker } from '../secrets/secret-checker.ts'
import { type Client, type ClientSecret, validSecrets } from './client.ts'
import type { TenantClients } from './client-registry.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'

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
  findSource(): string
  /**
   * Lets the attempt go on, or throws when it has to wait: then no secret is looked at. Asked once at the beginning, and again right
   * before a secret is looked at. A promise only where it has to look further.
   */
  admit(): MaybePromise<void>
  /** Whether this process saw the client succeed from this address; true where nobody counts. */
  isRemembered(): boolean
  /** Whether any process did; asks the storage where this one does not know. */
  isKnown(): Promise<boolean>
  /** Whether it is looked at for its address alone, and would have to wait otherwise. */
  isExempt(): boolean
  succeed(): void
  /** Counts a failure; answers the refusal that stands for the usual one, if there is one. */
  fail(): OAuthError | undefined
}

/** An attempt that nobody counts. */
export const uncounted: ClientAttempt = {
  findSource: () => '',
  admit: () => undefined,
  isRemembered: () => true,
  isKnown: async () => true,
  isExempt: () => false,
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
 * A client of config.yaml with its right secret costs no look into the storage. Every failure does the same work in the same order,
 * wherever the client is and whether there is one: the secrets of a client of config.yaml are checked, its own or those of a dummy; one
 * row of a stored client is read, its own or one near it, and the secrets in it are checked. A failure is counted as soon as the secret
 * was wrong, before anything else has a turn: else many at once would be looked at uncounted. `bench/timing.ts` measures it.
 */
export function checkCredentials(
  credentials: ClientCredentials,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const configured = deps.clients.findConfigured(credentials.clientId)
  const check = new SecretsCheck(credentials, deps)
  return configured
    ? checkConfigured(configured, check, deps)
    : checkStored(credentials.clientId, check, deps)
}

async function checkConfigured(
  client: Client,
  check: SecretsCheck,
  { clients, attempt, onClaimed }: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  onClaimed?.(client)
  const found = check.findValid(client)
  const outcome = conclude(client, found instanceof Promise ? await found : found)
  if (typeof outcome === 'object') return outcome
  const refusal = attempt.fail()
  const invalid = await check.findInvalid(client)
  // From here on it is what the failure of any other client does besides.
  clients.findConfigured(noClientId)
  clients.findDummySecrets(client.id)
  const near = await clients.findNearStored(client.id).catch((cause: unknown) => {
    throw refusal ?? cause
  })
  await admitInVain(attempt)
  if (near) await check.findInVain(near)
  return { failed: invalid ?? outcome, refusal }
}

/**
 * The work of a failure for an attempt that has to wait, whatever client it claims to be: no secret that is held against it can be right.
 * Slow hashes are left out, as they are for whoever is looked at for its address alone.
 */
export async function checkInVain({ clientId }: ClientCredentials, deps: CheckDeps): Promise<void> {
  const { clients } = deps
  const check = new SecretsCheck({ clientId, clientSecret: '' }, deps)
  clients.findConfigured(clientId)
  await check.findInVain({ secrets: clients.findDummySecrets(clientId) })
  const near = await clients.findNearStored(clientId)
  if (near) await check.findInVain(near)
}

/** No client has it. */
const noClientId = '\0'

async function checkStored(
  clientId: string,
  check: SecretsCheck,
  { clients, attempt, onClaimed }: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  // Whoever is new here pays for the hash of the dummy first, which may be slow, as if it were that of the client.
  const dummy = { active: false, secrets: clients.findDummySecrets(clientId) }
  const isNew = dummy.secrets.every(({ hash }) => hash.kind === 'sha256') || !attempt.isRemembered()
  if (isNew) {
    const vain = check.findValid(dummy)
    if (vain instanceof Promise) await vain
    await check.findInvalid(dummy)
  }
  const near = await clients.findNearStored(clientId).catch(async (cause: unknown) => {
    if (!isNew) await check.findInVain(dummy)
    // Whoever has to wait is told so while the storage is away, whether he came from here before or not.
    throw attempt.fail() ?? cause
  })
  const held = attempt.admit()
  if (held) await held
  const client = near?.id === clientId ? near : undefined
  if (client) onClaimed?.(client)
  const found = near && check.findAfter(near)
  const secret = found instanceof Promise ? await found : found
  const outcome = client ? conclude(client, secret) : 'unknown_client'
  if (typeof outcome === 'object') return outcome
  const refusal = attempt.fail()
  const invalid = near && (await check.findInvalid(near))
  if (!isNew) await check.findInVain(dummy)
  return { failed: (client && invalid) ?? outcome, refusal }
}

/** The failure was counted already, and an attempt that has to wait because of it is still answered as one that failed. */
async function admitInVain(attempt: ClientAttempt): Promise<void> {
  try {
    await attempt.admit()
  } catch {
    // For the time that it takes.
  }
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
  /** Else a neighbour who guesses tells by the time which clients came from here, and works on slow hashes without a limit. */
  #isSparing: boolean | undefined

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

  /** The same where {@link findValid} of another client came right before. */
  findAfter({ active, secrets }: Checked): MaybePromise<ClientSecret | undefined> {
    const valid = validSecrets(secrets, this.#deps.now())
    return this.#findAmong(valid, { isBefore: false, useMemory: active, isThorough: !active })
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

  /** For the time that it takes, and in the place of {@link findValid} where that is what an other client would do. */
  async findInVain({ secrets }: Pick<Checked, 'secrets'>): Promise<void> {
    const client = { active: false, secrets }
    await this.findAfter(client)
    await this.findInvalid(client)
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
      ...(isBefore && { admit: () => attempt.admit() }),
    }
    const hashes = secrets.map(({ hash }) => hash)
    // Once, for the failure that is counted meanwhile may make the next attempt wait.
    this.#isSparing ??= attempt.isExempt()
    const found = this.#deps.secrets.findMatch(clientSecret, hashes, {
      ...options,
      asker,
      isSparing: this.#isSparing,
    })
    return andThen(found, (index) => (index === undefined ? undefined : secrets[index]))
  }
}

/** After the failure was counted, and all the work that does not decide anything. */
const inVain = { isBefore: false, useMemory: false, isThorough: true }
