import type { Hashing } from '../platform/hashing.ts'
import { type Members, membersOf } from '../protocol/members.ts'
import { isAuth0User, readAuth0User } from './auth0-user.ts'
import { type BuiltClient, buildClient, type ForeignClient } from './build-client.ts'
import { listOf, textOf, textsOf } from './foreign.ts'
import { ImportError, type LeftOut, type PlannedTenant } from './import-plan.ts'
import type { ClientShape } from './member-types.ts'
import { scopesOf } from './planned-scopes.ts'
import { readClients } from './read-clients.ts'

/**
 * Reads an export of a tenant with `clients`, as auth0-deploy-cli writes it; a list of clients of the Management API; or a list of users,
 * such as the lines of the export of password hashes. Throws {@link ImportError}.
 */
export function readAuth0(value: unknown, hashing: Hashing): PlannedTenant[] {
  const list = Array.isArray(value) ? value : undefined
  if (list?.some((item) => isAuth0User(membersOf(item)))) return [readUsers(list)]
  const tenant = list ? { clients: list } : membersOf(value)
  const hasClient = list?.some((item) => textOf(membersOf(item)['client_id']) !== undefined) ?? true
  if (!hasClient || !Array.isArray(tenant['clients']))
    throw new ImportError('wanted an export with the member clients, a list of clients, or a list of users')
  return [readTenant(tenant, hashing)]
}

function readUsers(list: readonly unknown[]): PlannedTenant {
  const leftOut: LeftOut[] = []
  const people = list.map((value, index) => {
    const { person, lost } = readAuth0User(membersOf(value))
    const what = `person number ${index + 1}`
    leftOut.push(...lost.map((why) => ({ what, why, isExpected: false })))
    return { number: index + 1, value: person }
  })
  return { id: undefined, patch: { oauth2: {}, oidc: {} }, clients: [], people, leftOut }
}

function readTenant(tenant: Members, hashing: Hashing): PlannedTenant {
  const leftOut: LeftOut[] = []
  const findRights = readRights(tenant)
  const isGlobal = (client: unknown) => membersOf(client)['global'] === true
  const own = listOf(tenant['clients']).filter((client) => !isGlobal(client))
  const read = (client: Members) => readClient(client, findRights, hashing)
  const clients = readClients(own, { idMember: 'client_id', shape, read }, leftOut)
  for (const member of ['connections', 'databases', 'actions', 'rules', 'roles', 'organizations'] as const) {
    const count = listOf(tenant[member]).length
    if (count > 0)
      leftOut.push({ what: `${count} ${member}`, why: 'there is no such thing here', isExpected: false })
  }
  const patch = { oauth2: { scopes: scopesOf(clients, describeScopes(tenant)) }, oidc: {} }
  return { id: undefined, patch, clients, people: [], leftOut }
}

/** What a client may do at an API. */
interface Rights {
  readonly scopes: readonly string[]
  readonly audience: string | undefined
}

const shape: ClientShape = {
  decisive: {
    grant_types: 'texts',
    token_endpoint_auth_method: 'text',
    app_type: 'text',
    is_first_party: 'flag',
  },
  others: {
    name: 'text',
    client_secret: 'text',
    callbacks: 'texts',
    allowed_logout_urls: 'texts',
    web_origins: 'texts',
    allowed_origins: 'texts',
  },
}

/**
 * Finds the client grants of a client, by its id. Files of auth0-deploy-cli have the name of a client there: it counts where it is the id of
 * nobody and the name of one client alone, because whoever names a client must not get the rights of another one.
 */
function readRights(tenant: Members): (client: Members) => readonly Rights[] {
  const clients = listOf(tenant['clients']).map(membersOf)
  const ids = new Set(clients.map((client) => client['client_id']))
  const names = Map.groupBy(clients, (client) => client['name'])
  const grants = listOf(tenant['clientGrants'] ?? tenant['client_grants']).map(membersOf)
  const byClient = Map.groupBy(
    grants.map((grant) => ({
      client: textOf(grant['client_id']) ?? '',
      scopes: textsOf(grant['scope']),
      audience: textOf(grant['audience']),
    })),
    ({ client }) => client,
  )
  return (client) => {
    const [id, name] = [textOf(client['client_id']) ?? '', textOf(client['name']) ?? '']
    const isName = !ids.has(name) && names.get(name)?.length === 1
    return [...(byClient.get(id) ?? []), ...(isName ? (byClient.get(name) ?? []) : [])]
  }
}

function describeScopes(tenant: Members): ReadonlyMap<string, string> {
  const servers = listOf(tenant['resourceServers'] ?? tenant['resource_servers']).map(membersOf)
  const scopes = servers.flatMap((server) => listOf(server['scopes']).map(membersOf))
  return new Map(
    scopes.flatMap(({ value, description }) => {
      const name = textOf(value)
      return name === undefined ? [] : [[name, textOf(description) ?? ''] as const]
    }),
  )
}

/** The method where the file names none: apps on devices and in browsers keep no secret. */
function methodOf(client: Members): ForeignClient['method'] | undefined {
  const method = textOf(client['token_endpoint_auth_method'])
  if (method === 'none' || method === 'client_secret_post' || method === 'client_secret_basic') return method
  if (method !== undefined && method !== 'null') return undefined
  return ['spa', 'native'].includes(textOf(client['app_type']) ?? '') ? 'none' : 'secret'
}

function readClient(
  client: Members,
  findRights: (client: Members) => readonly Rights[],
  hashing: Hashing,
): BuiltClient {
  const id = textOf(client['client_id']) ?? ''
  const name = textOf(client['name'])
  const method = methodOf(client)
  if (!method) {
    const why = 'it proves itself in a way that is not known here'
    return { client: undefined, leftOut: [{ what: `client '${id}'`, why, isExpected: false }] }
  }
  const own = findRights(client)
  const [logout] = textsOf(
    membersOf(client['oidc_logout'] ?? client['oidc_backchannel_logout'])['backchannel_logout_urls'],
  )
  return buildClient(
    {
      ...{ id, name, method },
      secret: textOf(client['client_secret']),
      grants: Array.isArray(client['grant_types'])
        ? textsOf(client['grant_types'])
        : ['authorization_code', 'refresh_token', 'client_credentials'].filter(
            (grant) => method !== 'none' || grant !== 'client_credentials',
          ),
      scopes: own.flatMap(({ scopes }) => scopes),
      redirectUris: textsOf(client['callbacks']),
      logoutUris: textsOf(client['allowed_logout_urls']),
      origins: [...textsOf(client['web_origins']), ...textsOf(client['allowed_origins'])].map((origin) =>
        origin.replace(/\/$/, ''),
      ),
      resources: own.flatMap(({ audience }) => audience ?? []),
      backchannelLogoutUri: logout,
      asksConsent: client['is_first_party'] === false,
      requiresPkce: false,
    },
    hashing,
  )
}
