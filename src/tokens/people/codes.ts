import type { Static } from '@sinclair/typebox'
import type { Client } from '../../clients/client.ts'
import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'
import { type Finding, OAuthError } from '../../protocol/errors.ts'
import { momentText, quoted, shapeOf, uriText } from '../../protocol/finding-words.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { accessTokenTtl } from '../access-token.ts'
import type { TokenOwner } from '../token-owner.ts'
import { codes } from './code-row.ts'
import { endFamily, type FamilyDeps, familyIdOf, type StartedFamily, startFamily } from './families.ts'
import { FamilyEndedError } from './family-ended-error.ts'
import { fromStoredGrant, type PersonGrant, toStoredGrant } from './person-grant.ts'

/** What an authorization code stands for (RFC 6749 section 4.1.2). */
export interface CodeContent extends PersonGrant {
  /** As the authorization request gave it. */
  readonly redirectUri: string
  /** The S256 challenge; null: the request had none. */
  readonly codeChallenge: string | null
  /** When the person was known to allow it, in milliseconds since the epoch. A later cutoff ends the code. */
  readonly madeAt: number
}

/** A code has 256 bits. */
const codeBytes = 32

/** Makes an authorization code: 43 characters of base64url. It is durable when the promise resolves. Throws StorageError. */
export async function issueCode(
  content: CodeContent,
  { tenant, oauth2, client }: TokenOwner,
  { storage, hashing, now, randomBytes }: FamilyDeps,
): Promise<string> {
  const expires_at = now() + oauth2.authorization_code_ttl * 1000
  const value = {
    ...toStoredGrant(content),
    redirect_uri: content.redirectUri,
    code_challenge: content.codeChallenge,
    created_at: content.madeAt,
    expires_at,
    failures: 0,
  }
  // The row outlives the code by the life of an access token, so that a replay ends what came of it.
  const expiresAt = expires_at + accessTokenTtl(client, oauth2) * 1000
  const records = storage.of(tenant.id).of(codes)
  return untilWritten(async () => {
    const code = base64url(randomBytes(codeBytes))
    const row = { id: codeRowId(code, { hashing }), value, expiresAt, parent: content.sub }
    return (await records.create(row)) ? code : lost
  })
}

function codeRowId(code: string, { hashing }: Pick<FamilyDeps, 'hashing'>): string {
  return hashing.sha256(code).toHex()
}

/** A code as the token endpoint gets it. */
export interface PresentedCode {
  readonly code: string
  readonly redirectUri: string
  /** Undefined: the request has none. */
  readonly codeVerifier: string | undefined
}

/** A code that fits its request. It is not used yet. */
export interface ProvenCode {
  readonly grant: PersonGrant
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly expiresAt: number
}

interface ProveDeps extends FamilyDeps {
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: () => number
}

type Code = Static<typeof codes.schema>

/** A code is dead after so many wrong tries. */
const mostFailures = 5

/**
 * Checks a code against its request: the client, the redirect URI and the verifier of PKCE. A wrong one does not use the code up, and
 * five of them do. Throws `invalid_grant`, always with the same words, and StorageError.
 */
export async function proveCode(
  presented: PresentedCode,
  { tenant, client }: TokenOwner,
  deps: ProveDeps,
): Promise<ProvenCode> {
  const records = deps.storage.of(tenant.id).of(codes)
  const id = codeRowId(presented.code, deps)
  const proven = await untilWritten(async () => {
    const found = await records.find(id)
    if (!found) throw codeInvalid('unknown', unknownCode)
    const fault = findFault(found.value, presented, client, deps)
    if (fault === undefined) return found
    if (isWornOut(found.value)) throw codeInvalid(fault.reason, fault)
    const value = { ...found.value, failures: found.value.failures + 1 }
    const isWritten = await records.replace(id, value, { ifVersion: found.version })
    if (isWritten) throw codeInvalid(fault.reason, fault)
    return lost
  })
  if (isExpired(proven, deps) || isWornOut(proven.value)) {
    await endReplayed(presented.code, proven.value, { tenant, deps })
    throw isWornOut(proven.value)
      ? codeInvalid('worn_out', wornOut)
      : codeInvalid('expired', findExpired(proven.value, deps))
  }
  const { created_at, expires_at } = proven.value
  return { grant: fromStoredGrant(proven.value), createdAt: created_at, expiresAt: expires_at }
}

/** A code that is dead was used before if its family is there. Whoever used it must not hide that by wrong tries. */
async function endReplayed(
  code: string,
  { sub, client_id }: Code,
  { tenant, deps }: { readonly tenant: Tenant; readonly deps: ProveDeps },
): Promise<void> {
  const id = familyIdOf(code, deps)
  if (await endFamily(id, tenant.id, deps)) {
    throw new FamilyEndedError('code', codeMessage, { familyId: id, sub, clientId: client_id })
  }
}

/** Whether wrong tries have used the code up. */
function isWornOut({ failures }: Pick<Code, 'failures'>): boolean {
  return failures >= mostFailures
}

/** The code has expired also if the clock was set back after the row of its family was deleted. */
function isExpired({ value: { expires_at } }: StoredRecord<Code>, { now, expiryCutoff }: ProveDeps): boolean {
  return expires_at <= now() || expires_at <= expiryCutoff()
}

const unknownCode = {
  check: 'authorization code',
  saw: 'a code that this tenant did not issue, or that is gone',
  wanted: 'the code of the answer, at the tenant that issued it',
}

const wornOut = {
  check: 'authorization code',
  saw: `a code that was tried ${mostFailures} times with a wrong client, redirect_uri or code_verifier`,
  wanted: 'a new sign-in',
}

function findExpired({ expires_at }: Code, { now }: Pick<ProveDeps, 'now'>): Finding {
  const saw = `a code that expired at ${momentText(expires_at, now())}`
  return { check: 'life of the code', saw, wanted: 'a redemption within authorization_code_ttl' }
}

/** The first thing that does not fit, with a reason for the log. */
function findFault(
  { client_id, redirect_uri, code_challenge }: Code,
  { redirectUri, codeVerifier }: PresentedCode,
  client: Client,
  { hashing }: Pick<FamilyDeps, 'hashing'>,
): CodeFault | undefined {
  if (client_id !== client.id)
    return {
      ...{ reason: 'another_client', check: 'client of the code', saw: `client ${quoted(client.id)}` },
      wanted: `client ${quoted(client_id)}, for which the code is`,
    }
  if (redirect_uri !== redirectUri)
    return {
      ...{ reason: 'another_redirect_uri', check: 'redirect_uri of the code', saw: uriText(redirectUri) },
      wanted: `${quoted(redirect_uri)}, as in the authorization request`,
    }
  if (fitsChallenge(codeVerifier, code_challenge, hashing)) return undefined
  return { reason: 'another_code_verifier', check: 'PKCE', ...describeVerifier(codeVerifier, code_challenge) }
}

interface CodeFault extends Finding {
  readonly reason: string
}

function describeVerifier(verifier: string | undefined, challenge: string | null) {
  if (challenge === null)
    return { saw: 'a code_verifier', wanted: 'none: the authorization request had no code_challenge' }
  if (verifier === undefined) return { saw: 'no code_verifier', wanted: 'that of the code_challenge' }
  return verifierSyntax.test(verifier)
    ? {
        saw: 'a code_verifier of another code_challenge',
        wanted: 'the one whose SHA-256 is the code_challenge',
      }
    : {
        saw: `a code_verifier of ${shapeOf(verifier)}`,
        wanted: '43 to 128 characters of A-Z a-z 0-9 - . _ ~',
      }
}

/** RFC 7636 section 4.1 */
const verifierSyntax = /^[A-Za-z0-9\-._~]{43,128}$/

/** A verifier without a challenge is refused too: somebody has taken the challenge out of the request (RFC 9700 section 4.8.2). */
function fitsChallenge(verifier: string | undefined, challenge: string | null, hashing: Hashing): boolean {
  if (verifier === undefined || challenge === null) return verifier === undefined && challenge === null
  if (!verifierSyntax.test(verifier)) return false
  const digest = base64url(hashing.sha256(verifier))
  return hashing.equal(encoder.encode(digest), encoder.encode(challenge))
}

const encoder = new TextEncoder()

/**
 * Uses a proven code: starts its family in one durable statement. Exactly one caller succeeds. Every other one is a replay, which ends the
 * family. Throws `invalid_grant` and StorageError.
 */
export async function redeemCode(
  { code }: Pick<PresentedCode, 'code'>,
  { grant, createdAt, expiresAt }: ProvenCode,
  owner: TokenOwner,
  deps: FamilyDeps,
): Promise<StartedFamily> {
  const family = { seed: code, grant, madeAt: createdAt, seedUntil: expiresAt }
  const started = await startFamily(family, owner, deps)
  if (started) return started
  const familyId = familyIdOf(code, deps)
  await endFamily(familyId, owner.tenant.id, deps)
  const { sub, clientId } = grant
  throw new FamilyEndedError('code', codeMessage, { familyId, sub, clientId })
}

const codeMessage = 'Authorization code is invalid or expired'

/** The same error for everything that can be wrong with a code. `reason` is for the log. */
export function codeInvalid(reason: string, finding: Finding): OAuthError {
  return new OAuthError('invalid_grant', codeMessage, { reason: `code_${reason}`, finding })
}
