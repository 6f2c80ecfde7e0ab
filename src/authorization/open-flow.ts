import type { TenantClients } from '../clients/client-registry.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
import { type AuthorizeDeps, authorizeFlow } from './authorize-flow.ts'
import type { HintDeps } from './checks/hinted-person.ts'
import { proveReturnAddress } from './checks/proven-client.ts'
import { makeClientAnswer } from './client-answer.ts'
import type { Flow, FlowAnswer } from './flow.ts'
import { type Interaction, isOfKind } from './interactions.ts'
import { deviceFlow } from './open-device.ts'
import { parseAuthorizationRequest } from './parse-request.ts'
import { type ParameterList, RequestParameters } from './request-parameters.ts'

/** Whose clients and people they are. */
export interface FlowOwner extends OAuth2Tenant {
  readonly clients: Pick<TenantClients, 'find'>
}

export type OpenDeps = AuthorizeDeps & HintDeps

/** A flow, or the error that goes to the client in its place. */
export type OpenedFlow =
  | { readonly flow: Flow }
  | {
      readonly flow: undefined
      readonly answer: FlowAnswer
      readonly clientId: string
      readonly error: OAuthError
    }

/**
 * Opens the flow of an authorization request. Throws the OAuthError of a request whose client or redirect URI is not proven, which must
 * go to a page, and StorageError.
 */
export async function openAuthorization(
  { parameters: list, pushed }: { readonly parameters: ParameterList; readonly pushed: boolean },
  owner: FlowOwner,
  deps: OpenDeps,
): Promise<OpenedFlow> {
  const parameters = new RequestParameters(list)
  const address = await proveReturnAddress(parameters, owner.clients)
  const { client } = address
  try {
    const asked = { parameters, pushed, tenant: owner.tenant, oauth2: owner.oauth2, client }
    return { flow: authorizeFlow(await parseAuthorizationRequest(asked, address, deps), owner, deps) }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const result = { error: error.code, error_description: error.message }
    const answer = makeClientAnswer(address, result, owner.tenant.issuer)
    return { flow: undefined, answer: { to: 'client', answer, hasCode: false }, clientId: client.id, error }
  }
}

/**
 * Opens the flow of an interaction, with its client as it is now. Undefined for an interaction that has none: the question whether to
 * sign out. Throws the OAuthError that a page shows, and StorageError.
 */
export async function openFlow(
  interaction: Interaction,
  owner: FlowOwner,
  deps: OpenDeps,
): Promise<OpenedFlow | undefined> {
  if (isOfKind(interaction, 'authorize')) return openAuthorization(interaction.content, owner, deps)
  if (!isOfKind(interaction, 'device')) return undefined
  const client = await owner.clients.find(interaction.content.client_id)
  if (!client?.active) throw new OAuthError('invalid_request', 'The client is unknown')
  return { flow: await deviceFlow(interaction, { tenantId: owner.tenant.id, client }, deps) }
}
