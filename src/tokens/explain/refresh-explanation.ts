import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { Finding } from '../../protocol/errors.ts'
import { momentText, quoted } from '../../protocol/finding-words.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import { findActiveRefreshToken, findFamily, type RefreshDeps } from '../people/refresh.ts'
import type { ExplainedStep, TokenExplanation } from './token-explanation.ts'

/** Explains a refresh token at a tenant, and does not use it. Throws StorageError. */
export async function explainRefreshToken(
  text: string,
  { tenant, oauth2 }: OAuth2Tenant,
  deps: RefreshDeps & { readonly clients: ClientRegistry },
): Promise<TokenExplanation> {
  const found = await findFamily(text, tenant, deps)
  const explained = (steps: readonly ExplainedStep[]): TokenExplanation => ({
    ...{ kind: 'refresh_token', tenant: tenant.id, steps },
    accepted: steps.every(({ result }) => result === 'pass'),
  })
  if (!found) {
    const saw = 'a refresh token that this tenant did not issue, or that is gone'
    return explained([failed({ check: 'refresh token', saw, wanted: 'a refresh token of this tenant' })])
  }
  const { family } = found
  const client = await deps.clients.of(tenant.id).find(family.client_id)
  const facts = passed('family', `a sign-in of ${momentText(family.created_at, deps.now())}`)
  if (!client?.active) {
    const saw = `the client ${quoted(family.client_id)}, which is not active or not there any more`
    return explained([facts, failed({ check: 'client', saw, wanted: 'a client that is active' })])
  }
  let finding: Finding | undefined
  const onInactive = (fault: Finding | undefined) => {
    finding = fault ?? { check: 'refresh token' }
  }
  const active = await findActiveRefreshToken(text, { tenant, oauth2, client }, { ...deps, onInactive })
  const ofClient = passed('client', quoted(client.id))
  if (!active) return explained([facts, ofClient, failed(finding ?? { check: 'refresh token' })])
  const end = `until ${momentText(active.end, deps.now())}, unless it is used`
  return explained([facts, ofClient, passed('person', quoted(family.sub)), passed('times', end)])
}

function passed(step: string, saw: string): ExplainedStep {
  return { step, result: 'pass', saw, wanted: null }
}

function failed({ check, saw, wanted }: Finding): ExplainedStep {
  return { step: check, result: 'fail', saw: saw ?? null, wanted: wanted ?? null }
}
