import { longestTokenLife } from '../config/schema-kinds.ts'
import type { Hashing } from '../platform/hashing.ts'
import { isMembers, type Members, membersOf } from '../protocol/members.ts'
import { losesPassword } from '../users/import/keycloak-user.ts'
import { listOf, lostPassword, noLifetime, secondsOf, textOf } from './foreign.ts'
import { ImportError, type LeftOut, type PlannedClient, type PlannedTenant } from './import-plan.ts'
import { isBuiltInScope, keycloakShape, readKeycloakClient } from './keycloak-client.ts'
import { scopesOf } from './planned-scopes.ts'
import { readClients } from './read-clients.ts'

/** Reads an export of one realm or of several. Throws {@link ImportError}. */
export function readKeycloak(value: unknown, hashing: Hashing): PlannedTenant[] {
  const realms = Array.isArray(value) ? value : [value]
  if (realms.length === 0 || !realms.every((realm) => textOf(membersOf(realm)['realm']) !== undefined))
    throw new ImportError('wanted the export of a realm: an object with the member realm, or a list of such')
  const names = realms.map((realm) => membersOf(realm)['realm'])
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw new ImportError(`it has the realm '${twice}' twice; keep one`)
  return realms.map((realm) => readRealm(membersOf(realm), hashing))
}

function readRealm(realm: Members, hashing: Hashing): PlannedTenant {
  const id = textOf(realm['realm'])
  const leftOut: LeftOut[] = []
  const read = (client: Members) => readKeycloakClient(client, hashing)
  const clients = readClients(
    listOf(realm['clients']),
    { idMember: 'clientId', shape: keycloakShape, read },
    leftOut,
  )
  const people = listOf(realm['users']).map((person, index) => ({ number: index + 1, value: person }))
  const isService = (person: unknown) => textOf(membersOf(person)['serviceAccountClientId']) !== undefined
  leftOut.push(...findLostPasswords(people), ...findOthers(realm))
  return {
    ...{ id, clients, leftOut },
    patch: tenantPatch(realm, clients, leftOut),
    people: people.filter(({ value }) => !isService(value)),
  }
}

/** Passwords whose hash is of a kind that is not known here: the person comes without one. */
function findLostPasswords(people: PlannedTenant['people']): LeftOut[] {
  return people.flatMap(({ number, value }) =>
    isMembers(value) && losesPassword(value)
      ? [{ what: `person number ${number}`, why: lostPassword, isExpected: false }]
      : [],
  )
}

function tenantPatch(realm: Members, clients: readonly PlannedClient[], leftOut: LeftOut[]): Members {
  const scopes = new Map<string, string>()
  for (const scope of listOf(realm['clientScopes']).map(membersOf)) {
    const name = textOf(scope['name'])
    const isOurs = textOf(scope['protocol']) !== 'saml' && name !== undefined && !isBuiltInScope(name)
    if (isOurs) scopes.set(name, textOf(scope['description']) ?? '')
  }
  const [ttl, session, idle] = ['accessTokenLifespan', 'ssoSessionMaxLifespan', 'ssoSessionIdleTimeout'].map(
    (name) => readLifetime(realm, name, leftOut),
  )
  return {
    name: textOf(realm['displayName']) ?? textOf(realm['realm']),
    active: realm['enabled'] !== false,
    oauth2: {
      scopes: scopesOf(clients, scopes),
      ...(ttl !== undefined && { access_token_ttl: ttl }),
    },
    oidc: {
      ...(session !== undefined && { session_ttl: session }),
      ...(idle !== undefined && { session_idle: session === undefined ? idle : Math.min(idle, session) }),
    },
  }
}

/** Undefined, with a line, for what is no lifetime here. */
function readLifetime(realm: Members, name: string, leftOut: LeftOut[]): number | undefined {
  const value = realm[name] ?? undefined
  const seconds = secondsOf(value)
  if (value === undefined || (seconds !== undefined && seconds <= longestTokenLife)) return seconds
  leftOut.push({ what: name, why: noLifetime, isExpected: false })
  return undefined
}

/** Parts of a realm that have no counterpart here, by the member that has them. */
const others: readonly (readonly [member: string, what: string, why: string])[] = [
  ['identityProviders', 'identity providers', 'people sign in with a password here'],
  ['organizations', 'organizations', 'a tenant takes the place of one'],
  ['requiredActions', 'required actions', 'grantd user reset makes a link'],
  ['userFederationProviders', 'user federation', 'people are rows of the storage'],
]

function findOthers(realm: Members): LeftOut[] {
  const found = others.flatMap(([member, what, why]) => {
    const count = listOf(realm[member]).length
    return count === 0 ? [] : [{ what: `${count} ${what}`, why, isExpected: member === 'requiredActions' }]
  })
  const roles = listOf(membersOf(realm['roles'])['realm']).length
  const why = 'scopes and groups say here what somebody may do'
  return roles === 0 ? found : [...found, { what: `${roles} roles`, why, isExpected: true }]
}
