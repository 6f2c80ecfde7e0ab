import type { Hashing } from '../platform/hashing.ts'
import { type Members, membersOf } from '../protocol/members.ts'
import { type BuiltClient, buildClient, type ForeignClient } from './build-client.ts'
import { listOf, textOf, textsOf } from './foreign.ts'
import { ImportError, type LeftOut, type PlannedTenant } from './import-plan.ts'
import type { ClientShape } from './member-types.ts'
import { scopesOf } from './planned-scopes.ts'
import { readClients } from './read-clients.ts'

/** Reads clients of `hydra list oauth2-clients --format json`, of its API, or one client. Throws {@link ImportError}. */
export function readHydra(value: unknown, hashing: Hashing): PlannedTenant[] {
  const { items } = membersOf(value)
  const list = Array.isArray(value) ? value : Array.isArray(items) ? items : [value]
  if (!list.some((client) => textOf(membersOf(client)['client_id']) !== undefined))
    throw new ImportError(
      'wanted a list of clients, or an object with the member items, each with a client_id',
    )
  const leftOut: LeftOut[] = []
  const read = (client: Members) => readHydraClient(client, hashing)
  const clients = readClients(list, { idMember: 'client_id', shape, read }, leftOut)
  const patch = { oauth2: { scopes: scopesOf(clients) }, oidc: {} }
  return [{ id: undefined, patch, clients, people: [], leftOut }]
}

const shape: ClientShape = {
  decisive: { grant_types: 'texts', token_endpoint_auth_method: 'text', skip_consent: 'flag' },
  others: {
    client_name: 'text',
    client_secret: 'text',
    scope: 'text',
    audience: 'texts',
    redirect_uris: 'texts',
    post_logout_redirect_uris: 'texts',
    allowed_cors_origins: 'texts',
    backchannel_logout_uri: 'text',
    userinfo_signed_response_alg: 'text',
  },
}

function readHydraClient(client: Members, hashing: Hashing): BuiltClient {
  const id = textOf(client['client_id']) ?? ''
  const proof = findProof(client)
  if (!proof) {
    const why = 'it proves itself in a way that is not known here, or its public keys are not in the file'
    return { client: undefined, leftOut: [{ what: `client '${id}'`, why, isExpected: false }] }
  }
  const scopes = (textOf(client['scope']) ?? '')
    .split(' ')
    .filter((scope) => scope !== '' && scope !== 'offline')
  return buildClient(
    {
      ...{ id, ...proof, scopes },
      name: textOf(client['client_name']),
      grants: Array.isArray(client['grant_types']) ? textsOf(client['grant_types']) : ['authorization_code'],
      redirectUris: textsOf(client['redirect_uris']),
      logoutUris: textsOf(client['post_logout_redirect_uris']),
      origins: textsOf(client['allowed_cors_origins']),
      resources: textsOf(client['audience']),
      backchannelLogoutUri: textOf(client['backchannel_logout_uri']),
      asksConsent: client['skip_consent'] !== true,
      // Hydra asks confidential clients for PKCE only if its configuration says so, which the file does not have.
      requiresPkce: false,
      signsUserinfo: (textOf(client['userinfo_signed_response_alg']) ?? 'none') !== 'none',
    },
    hashing,
  )
}

function findProof(client: Members): Pick<ForeignClient, 'method' | 'jwks' | 'secret'> | undefined {
  const method = textOf(client['token_endpoint_auth_method']) ?? 'secret'
  if (method === 'none') return { method }
  if (method === 'secret' || method === 'client_secret_basic' || method === 'client_secret_post')
    return { method, secret: textOf(client['client_secret']) }
  const jwks = membersOf(client['jwks'])
  return method === 'private_key_jwt' && listOf(jwks['keys']).length > 0 ? { method, jwks } : undefined
}
